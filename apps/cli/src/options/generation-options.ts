import type { GenerateOptions } from "@bayling/core";
import { type Command, Option } from "commander";
import { readEscapes } from "./escapes.ts";
import { collect, decimal, integer } from "./parsers.ts";

/** The options of {@link addGenerationOptions} as they are parsed; absent where nothing was typed. */
export interface GenerationFlags {
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
  readonly stop?: readonly string[];
  readonly beams?: number;
}

/** What a command does when an option is not given, for its help. */
export interface GenerationDefaults {
  readonly temperature: string;
  readonly minP: string;
  readonly maxTokens: string;
}

const heading = "How to write:";

/** Options that say how to choose tokens. */
export function addSamplingOptions(
  command: Command,
  { temperature, minP }: Omit<GenerationDefaults, "maxTokens">,
): Command {
  const options = [
    new Option("--temperature <t>", `0 takes the best token, 1 draws as the model says (default: ${temperature})`),
    new Option("--top-p <p>", "draw from the best tokens up to this share of probability (default: 1, all)"),
    new Option("--min-p <p>", `draw from tokens at least this fraction as probable as the best (default: ${minP})`),
    new Option("--repetition-penalty <x>", "above 1, tokens of the last 64 come again less often (default: 1, off)"),
  ].map((option) => option.argParser(decimal));
  options.splice(1, 0, new Option("--top-k <k>", "draw from the k best tokens (default: 0, all)").argParser(integer()));
  options.push(
    new Option("--seed <n>", "the same seed writes the same text (default: a random one)").argParser(integer()),
    new Option(
      "--beams <n>",
      "beam search: follow the n best texts at once, temperature 0 (default: 1, off)",
    ).argParser(integer(1)),
  );
  for (const option of options) command.addOption(option.helpGroup(heading));
  return command;
}

/** {@link addSamplingOptions}, and those that say when to stop. */
export function addGenerationOptions(command: Command, defaults: GenerationDefaults): Command {
  addSamplingOptions(command, defaults);
  return command
    .addOption(
      new Option("--max-tokens <n>", `stop after n tokens (default: ${defaults.maxTokens})`)
        .argParser(integer(1))
        .helpGroup(heading),
    )
    .addOption(
      new Option("--stop <text>", "stop before this text; may be given several times; \\n is a line break")
        .argParser(collect)
        .helpGroup(heading),
    );
}

/** What core takes. */
export function toGenerateOptions(flags: GenerationFlags): GenerateOptions {
  const { temperature, topK, topP, minP, repetitionPenalty, seed, maxTokens, stop, beams } = flags;
  return {
    temperature,
    topK,
    topP,
    minP,
    repetitionPenalty,
    seed,
    maxTokens,
    beams,
    stop: stop?.map(readEscapes),
    onContextFull: "stop",
  };
}

/** The seed of a text that is drawn: the given one, or a random one that can be told afterwards. */
export function chooseSeed({ temperature = 0, seed }: GenerationFlags): number | undefined {
  if (temperature === 0) return undefined;
  return seed ?? Math.floor(Math.random() * 2 ** 32);
}
