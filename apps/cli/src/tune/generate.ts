import { beginAnew, defaultPlan, type GenerateOptions, generateDialogues, type StageProgress } from "@bayling/tuning";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { decimal, integer } from "../options/parsers.ts";
import { formatSeconds } from "../output/numbers.ts";
import { ProgressLine } from "../output/progress-line.ts";
import type { Terminal } from "../output/terminal.ts";
import { generateInParts, reportPart } from "./generate-jobs.ts";
import { grouped } from "./grouped.ts";
import { addWorkOptions, type ShardFlags, shardOption, type WorkFlags } from "./work-options.ts";

type InstructionLanguage = "en" | "zh" | "de";

export interface GenerateFlags extends ShardFlags {
  readonly seed?: number;
  readonly perDirection?: number;
  readonly translations?: number;
  readonly languages?: readonly InstructionLanguage[];
  readonly jobs?: number;
}

export function addGenerateOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--seed <n>", "the same seed, the same dialogues (default: 0)").argParser(integer(0, 2 ** 32 - 1)),
    )
    .addOption(
      new Option(
        "--per-direction <ratio>",
        `dialogues with requests for each direction of a pair, as far as pairs allow them (default: ${defaultPlan.dialoguesPerDirection})`,
      ).argParser(between(0, 100)),
    )
    .addOption(
      new Option(
        "--translations <share>",
        `of pairs that are plain translations too, in both directions (default: ${defaultPlan.translations})`,
      ).argParser(between(0, 1)),
    )
    .addOption(new Option("--languages <list>", "of instructions (default: en,zh,de)").argParser(instructionLanguages))
    .addOption(
      new Option("--jobs <n>", "processes that share the work, such as one for each core (default: 1)")
        .argParser(integer(1, 1024))
        .conflicts("shard"),
    );
}

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = decimal(text);
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a number, ${least} to ${most}.`);
  };
}

export function instructionLanguages(text: string): readonly InstructionLanguage[] {
  const names = text.split(",").map((name) => name.trim());
  const known = names.filter((name): name is InstructionLanguage => ["en", "zh", "de"].includes(name));
  if (known.length === names.length) return known;
  throw new InvalidArgumentError("Expected some of en, zh, de, with commas between them.");
}

export function addGenerate(group: Command, context: Context): void {
  const command = group
    .command("generate")
    .summary("make dialogues by rules")
    .description(
      "Makes dialogues of instructions and replies out of the prepared pairs. Every reply passes the check of its act. " +
        "A run that is stopped or killed goes on when the same command is given again.",
    );
  addGenerateOptions(addWorkOptions(command))
    .addOption(shardOption())
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling tune generate --work work --jobs 8", "all of it, in eight processes"],
        [
          "bayling tune generate --work work --shard $((SLURM_ARRAY_TASK_ID + 1))/16",
          "one task of a Slurm array of 16",
        ],
      ]),
    )
    .action((flags: WorkFlags & GenerateFlags) =>
      context.interrupts.during(async (signal) => {
        if (flags.overwrite === true) beginAnew(flags.work, "generate");
        const made = await showGenerating(flags, context.terminal, signal);
        if (flags.json === true) await context.terminal.printJson(made);
      }),
    );
}

function toGenerateOptions({
  work,
  seed,
  shard,
  perDirection,
  translations,
  languages,
}: WorkFlags & GenerateFlags): GenerateOptions {
  const wanted = languages ?? ["en", "zh", "de"];
  const share = (language: InstructionLanguage) => (wanted.includes(language) ? 1 : 0);
  const plan = {
    ...defaultPlan,
    translations: translations ?? defaultPlan.translations,
    dialoguesPerDirection: perDirection ?? defaultPlan.dialoguesPerDirection,
    // Who asks for many has a reason, such as few pairs.
    mostPerDirection: Math.max(defaultPlan.mostPerDirection, 2 * (perDirection ?? 0)),
    languages: { en: share("en"), zh: share("zh"), de: share("de") },
  };
  return { workFolder: work, seed, shard, plan };
}

export async function showGenerating(
  flags: WorkFlags & GenerateFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<StageProgress> {
  const began = performance.now();
  const { jobs = 1 } = flags;
  const made =
    jobs > 1
      ? await generateInParts(flags, jobs, terminal, signal)
      : await generateHere(toGenerateOptions(flags), terminal, signal);
  const seconds = (performance.now() - began) / 1000;
  terminal.note(
    `${grouped(made.dialogues)} dialogues of ${grouped(made.pairs)} pairs ` +
      terminal.paintNote(
        "dim",
        `in ${formatSeconds(seconds)}${made.kept > 0 ? `, ${grouped(made.kept)} pairs were done before` : ""}`,
      ),
  );
  return made;
}

async function generateHere(options: GenerateOptions, terminal: Terminal, signal: AbortSignal): Promise<StageProgress> {
  const progress = new ProgressLine(terminal, "making dialogues");
  const report = reportPart();
  try {
    const made = await generateDialogues({
      ...options,
      signal,
      onProgress: (now) => {
        progress.draw(Math.min(1, now.pairs / now.pairsTotal), `${grouped(now.dialogues)} dialogues`);
        report?.(now, false);
      },
    });
    report?.(made, true);
    return made;
  } finally {
    progress.end();
  }
}
