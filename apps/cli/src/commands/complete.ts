import type { Model } from "@bayling/core";
import { type Command, Option } from "commander";
import type { Completion, CompletionOutput } from "../complete/completion-output.ts";
import { JsonLinesOutput, JsonOutput } from "../complete/json-output.ts";
import { LogprobTable } from "../complete/logprob-table.ts";
import { TextOutput } from "../complete/text-output.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { GenerationStopwatch } from "../generation-stopwatch.ts";
import { examples } from "../help.ts";
import { openModel, sequencesFor } from "../open-model.ts";
import {
  addGenerationOptions,
  chooseSeed,
  type GenerationFlags,
  toGenerateOptions,
} from "../options/generation-options.ts";
import { addModelOptions, type ModelFlags, modelArgument } from "../options/model-options.ts";
import { integer } from "../options/parsers.ts";
import type { Terminal } from "../output/terminal.ts";
import { readInput } from "../read-input.ts";

interface CompleteFlags extends ModelFlags, GenerationFlags {
  readonly logprobs?: number;
  readonly special?: true;
  readonly json?: true;
  readonly jsonLines?: true;
}

export function addComplete(program: Command, context: Context): void {
  const command = program
    .command("complete")
    .summary("let a model go on writing")
    .description("Lets a model go on writing after a prompt, word by word. The prompt is not part of piped output.")
    .argument(...modelArgument)
    .argument("[prompt...]", "where to begin; without it, what is piped in")
    .option("--logprobs <n>", "print a table: every token, its probability and the n most probable ones", integer())
    .option("--special", "read special tokens such as <|eot_id|> in the prompt as tokens")
    .addOption(new Option("--json", "print one JSON document at the end").conflicts("jsonLines"))
    .option("--json-lines", "print a JSON object a line: every token as it comes, then the end");
  addModelOptions(command);
  addGenerationOptions(command, {
    temperature: "0",
    minP: "0, all",
    maxTokens: "until the model ends or the context is full",
  });
  command
    .addHelpText(
      "after",
      examples(context.terminal, [
        ['bayling complete model.gguf "Once upon a time" --max-tokens 100', "the most probable text"],
        [
          'bayling complete model.gguf "Once upon a time" --temperature 0.8 --seed 7',
          "another one, that can be repeated",
        ],
        ['bayling complete model.gguf "The capital of France is" --max-tokens 3 --logprobs 5', "how sure is it?"],
        ["bayling complete model.gguf --beams 4 < prompt.txt > text.txt", "in a script"],
      ]),
    )
    .action((source: string, words: readonly string[], flags: CompleteFlags) =>
      context.interrupts.during(async (signal) => {
        const prompt = await readInput(context, words, "prompt", signal);
        if (flags.beams !== undefined && flags.beams > 1 && (flags.temperature ?? 0) > 0) {
          throw new UsageError("--beams does not draw: leave --temperature out, or set it to 0");
        }
        const sequences = sequencesFor(flags.beams);
        const { model, loadSeconds } = await openModel(context, source, flags, { sequences, signal });
        try {
          const output = chooseOutput(flags, model, context.terminal);
          await complete(model, prompt, flags, { output, loadSeconds, signal });
        } finally {
          await model.dispose();
        }
      }),
    );
}

function chooseOutput(
  { json, jsonLines, logprobs }: CompleteFlags,
  model: Model,
  terminal: Terminal,
): CompletionOutput {
  if (json === true) return new JsonOutput(terminal);
  if (jsonLines === true) return new JsonLinesOutput(terminal);
  return logprobs === undefined ? new TextOutput(terminal) : new LogprobTable(terminal, model.tokenizer);
}

async function complete(
  model: Model,
  prompt: string,
  flags: CompleteFlags,
  { output, loadSeconds, signal }: { output: CompletionOutput; loadSeconds: number; signal: AbortSignal },
): Promise<void> {
  const seed = chooseSeed(flags);
  const generation = model.generate(prompt, {
    ...toGenerateOptions({ ...flags, ...(seed !== undefined && { seed }) }),
    logprobs: flags.logprobs,
    parseSpecial: flags.special === true,
    signal,
  });
  const stopwatch = new GenerationStopwatch();
  let text = "";
  await output.begin(prompt);
  try {
    for await (const token of generation) {
      stopwatch.tick();
      text += token.text;
      await output.token(token);
    }
  } catch (error) {
    // When the output itself is what failed, there is nowhere to end it.
    await output.abandon().catch(() => {});
    throw error;
  }
  const times = stopwatch.times(generation.usage.generatedTokens);
  const completion: Completion = { prompt, text, generation, times, loadSeconds, seed };
  await output.end(completion);
}
