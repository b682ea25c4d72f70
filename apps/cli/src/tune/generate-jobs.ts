import { fork } from "node:child_process";
import { setMaxListeners } from "node:events";
import { BayLingError } from "@bayling/core";
import type { StageProgress } from "@bayling/tuning";
import { ProgressLine } from "../output/progress-line.ts";
import type { Terminal } from "../output/terminal.ts";
import type { GenerateFlags } from "./generate.ts";
import { grouped } from "./grouped.ts";
import type { WorkFlags } from "./work-options.ts";

/** Tells a process that it does a part of another one's work. */
const partVariable = "BAYLING_TUNE_PART";
/** How often a part says how far it is: milliseconds. */
const every = 200;

/**
 * Does the parts of the stage in processes of their own, all at the same time. What they made is joined when it is read.
 * @throws BayLingError `work-incomplete` when one of them stops, after all the others; the signal's reason
 */
export async function generateInParts(
  flags: WorkFlags & GenerateFlags,
  jobs: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<StageProgress> {
  const line = new ProgressLine(terminal, "making dialogues");
  const parts: StageProgress[] = [];
  const draw = () => {
    const { pairs, pairsTotal, dialogues } = sumOf(parts);
    line.draw(Math.min(1, pairs / Math.max(1, pairsTotal)), `${grouped(dialogues)} dialogues`);
  };
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  // Each part listens; Node takes more than ten for a leak.
  setMaxListeners(jobs, stopped);
  try {
    const done = Array.from({ length: jobs }, (_, index) =>
      runPart(argumentsOf(flags, `${index + 1}/${jobs}`), flags.work, stopped, (progress) => {
        parts[index] = progress;
        draw();
      }).catch((error: unknown) => {
        // The others stop with all that they have done.
        stop.abort(error);
        throw error;
      }),
    );
    const [failed] = (await Promise.allSettled(done)).filter((result) => result.status === "rejected");
    signal.throwIfAborted();
    if (failed !== undefined) throw stop.signal.reason;
    return sumOf(parts);
  } finally {
    line.end();
  }
}

function argumentsOf(
  { work, seed, perDirection, translations, languages }: WorkFlags & GenerateFlags,
  shard: string,
): string[] {
  return [
    ...["tune", "generate", "--work", work, "--shard", shard],
    ...(seed === undefined ? [] : ["--seed", String(seed)]),
    ...(perDirection === undefined ? [] : ["--per-direction", String(perDirection)]),
    ...(translations === undefined ? [] : ["--translations", String(translations)]),
    ...(languages === undefined ? [] : ["--languages", languages.join(",")]),
  ];
}

/** Runs this program for a part. @throws BayLingError `work-incomplete` with what it said when it stopped */
function runPart(
  argv: readonly string[],
  work: string,
  signal: AbortSignal,
  onProgress: (progress: StageProgress) => void,
): Promise<void> {
  const child = fork(process.argv[1]!, argv, { silent: true, env: { ...process.env, [partVariable]: "1" } });
  const end = () => child.kill("SIGTERM");
  signal.addEventListener("abort", end, { once: true });
  child.on("message", (progress) => onProgress(progress as StageProgress));
  let said = "";
  child.stderr!.on("data", (text) => {
    said += text;
  });
  child.stdout!.resume();
  return new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) return resolve();
      const problem = /^error: (.*)$/m.exec(said)?.[1] ?? said.trim();
      reject(
        new BayLingError("work-incomplete", {
          ...{ source: work, problem: `part ${argv[argv.indexOf("--shard") + 1]} has stopped: ${problem}` },
          remedy: "What was done so far is kept; give the same command again",
        }),
      );
    });
  }).finally(() => signal.removeEventListener("abort", end));
}

function sumOf(parts: readonly StageProgress[]): StageProgress {
  const sum = { pairs: 0, pairsTotal: 0, dialogues: 0, kept: 0 };
  for (const part of parts) {
    if (part === undefined) continue;
    sum.pairs += part.pairs;
    sum.pairsTotal += part.pairsTotal;
    sum.dialogues += part.dialogues;
    sum.kept += part.kept;
  }
  return sum;
}

/** In a process that does a part: tells the one that waits for it, and ends with it. */
export function reportPart(): ((progress: StageProgress, isLast: boolean) => void) | undefined {
  if (process.env[partVariable] === undefined || process.send === undefined) return undefined;
  // A part that goes on alone would keep the next run out. What it has written is kept.
  process.once("disconnect", () => process.exit(1));
  process.channel?.unref();
  let said = -Infinity;
  return (progress, isLast) => {
    const now = performance.now();
    if (!isLast && now - said < every) return;
    said = now;
    process.send?.({ ...progress });
  };
}
