import { mkdir } from "node:fs/promises";
import { RunFile } from "@bayling/tuning/evaluation";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { systemFile } from "./named-file.ts";
import type { Opened } from "./open-systems.ts";
import { type NamedSystem, parseSystems } from "./system-names.ts";

/** Of a run that goes on where it was: `file` keeps its answers, if there is a folder for them. */
export interface RunOptions<Answer> {
  readonly file: RunFile<Answer> | undefined;
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

interface AnySystem {
  readonly settings: object;
}

/**
 * Opens one system after another, since two models may not fit beside each other, and lets each do its work.
 * @param folder where answers are kept, in a file a system
 * @param task all else that decides the answers, for files of earlier runs
 */
export async function runSystems<System extends AnySystem, Answer, Result>(
  context: Context,
  { systems, folder, task }: { readonly systems: readonly string[]; readonly folder?: string; readonly task: object },
  open: (named: NamedSystem) => Promise<Opened<System>>,
  work: (system: System, options: RunOptions<Answer>) => Promise<Result>,
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly result: Result }[]> {
  const named = parseSystems(systems);
  if (named.length === 0) throw new UsageError("no system is named: give --system model.gguf, or http://host/v1#model");
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  const results = [];
  for (const system of named) {
    signal.throwIfAborted();
    await using opened = await open(system);
    const progress = new ProgressLine(context.terminal, system.name);
    const settings = { ...task, system: opened.system.settings };
    const file =
      folder === undefined
        ? undefined
        : await RunFile.open<Answer>(systemFile(folder, system.name, ".run.jsonl"), settings);
    try {
      const onProgress = (done: number, total: number) => progress.draw(done / total, `${done} of ${total}`);
      results.push({ name: system.name, result: await work(opened.system, { file, onProgress, signal }) });
    } finally {
      progress.end();
      await file?.[Symbol.asyncDispose]();
    }
  }
  return results;
}
