import { type ModelShape, type Recipe, type TrainingSettings, writeRecipe } from "@bayling/tuning/recipe";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { decimal, integer } from "../options/parsers.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { visible } from "../output/text-width.ts";
import { addSetOptions, type SetFlags } from "./export.ts";
import { grouped } from "./grouped.ts";
import { ofSplit } from "./split-dialogues.ts";

interface RecipeFlags extends SetFlags {
  readonly work: string;
  readonly out: string;
  readonly base?: string;
  readonly shape?: ModelShape;
  readonly tokenizer?: string;
  readonly template?: string;
  readonly system?: string;
  readonly contextLength?: number;
  readonly epochs?: number;
  readonly learningRate?: number;
  readonly batchRows?: number;
  readonly microRows?: number;
  readonly dropout?: number;
  readonly labelSmoothing?: number;
  readonly seed?: number;
  readonly json?: true;
}

export function addRecipe(group: Command, context: Context): void {
  const command = group
    .command("recipe")
    .summary("write a folder that trains a model on the dialogues")
    .description(
      "Writes a folder with the dialogues as tokens, the settings, and one script of PyTorch that trains a checkpoint or a " +
        "model from scratch, on one device or many, and goes on where it was stopped. Its README says how to run it.",
    )
    .addOption(new Option("--work <folder>", "the work folder, after generate").makeOptionMandatory())
    .addOption(new Option("--out <folder>", "the new folder").makeOptionMandatory());
  addSetOptions(command);
  const model = [
    new Option("--base <folder>", "a checkpoint to go on from, in the layout of Hugging Face"),
    new Option(
      "--shape <sizes>",
      "a model from scratch, as layers,hidden,heads,kv-heads,inner: 6,256,8,4,768 has some 5 million weights",
    ).argParser(parseShape),
    new Option("--tokenizer <folder>", "with tokenizer.json or tokenizer.model (default: that of the checkpoint)"),
    new Option("--template <name>", "how dialogues are written (default: as the checkpoint was taught; else bayling)"),
    new Option("--system <text>", 'what the model is told first (default: what the template says; "" is nothing)'),
  ];
  for (const option of model) command.addOption(option.helpGroup("The model:"));
  const settings = [
    new Option("--context-length <n>", "tokens of a row (default: 1024)").argParser(integer(8)),
    new Option("--epochs <n>", "passes over the dialogues (default: 3)").argParser(decimal),
    new Option("--learning-rate <rate>", "peak (default: 2e-5 from a checkpoint, 1e-3 from scratch)").argParser(
      decimal,
    ),
    new Option("--batch-rows <n>", "rows of a step (default: 16)").argParser(integer(1)),
    new Option("--micro-rows <n>", "rows that are computed at once (default: 4)").argParser(integer(1)),
    new Option("--dropout <share>", "left out of each layer in a step: small data lasts longer (default: 0)").argParser(
      decimal,
    ),
    new Option("--label-smoothing <share>", "of certainty, spread over all tokens (default: 0)").argParser(decimal),
    new Option("--seed <n>", "of weights and order (default: 0)").argParser(integer(0, 2 ** 31 - 1)),
  ];
  for (const option of settings) command.addOption(option.helpGroup("The training; config.json holds all of it:"));
  command
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling tune recipe --work work --base llama-2-7b --out recipe", "teach a checkpoint"],
        [
          'bayling tune recipe --work work --shape 6,256,8,4,768 --tokenizer vocabulary --system "" --out recipe',
          "a small model from scratch",
        ],
      ]),
    )
    .action((flags: RecipeFlags) => context.interrupts.during((signal) => write(flags, context.terminal, signal)));
}

async function write(flags: RecipeFlags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { base, shape, out } = flags;
  if ((base === undefined) === (shape === undefined)) {
    throw new UsageError("a recipe takes a checkpoint (--base) or a model from scratch (--shape): give one of the two");
  }
  const progress = new ProgressLine(terminal, "encoding dialogues");
  let recipe: Recipe;
  try {
    recipe = await writeRecipe({
      ...{ out, model: base ?? shape!, tokenizer: flags.tokenizer, template: flags.template, system: flags.system },
      train: ofSplit("train", flags),
      valid: ofSplit("validation", flags),
      settings: settingsOf(flags),
      onProgress: (part, dialogues) => progress.draw(undefined, `${grouped(dialogues)} of ${part}`),
      signal,
    });
  } finally {
    progress.end();
  }
  if (flags.json === true) {
    await terminal.printJson(recipe);
    return;
  }
  const rows = (["train", "valid"] as const).map((part) => {
    const { dialogues, tokens, replyTokens } = recipe[part];
    return [part, `${grouped(dialogues)} dialogues`, `${grouped(tokens)} tokens`, `${grouped(replyTokens)} of replies`];
  });
  const right = { align: "right" } as const;
  await terminal.print(
    ...alignColumns(rows, [{}, right, right, right]),
    `train with: python3 ${visible(out)}/train.py`,
  );
}

function settingsOf({
  contextLength,
  epochs,
  learningRate,
  batchRows,
  microRows,
  dropout,
  labelSmoothing,
  seed,
}: RecipeFlags): TrainingSettings {
  return { contextLength, epochs, learningRate, batchRows, microRows, dropout, labelSmoothing, seed };
}

function parseShape(text: string): ModelShape {
  const sizes = text.split(",").map((size) => Number(size.trim()));
  const [layers, hiddenSize, heads, keyValueHeads, intermediateSize] = sizes;
  if (sizes.length !== 5 || !sizes.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new InvalidArgumentError("Expected layers,hidden,heads,kv-heads,inner, such as 6,256,8,4,768.");
  }
  return {
    layers: layers!,
    hiddenSize: hiddenSize!,
    heads: heads!,
    keyValueHeads: keyValueHeads!,
    intermediateSize: intermediateSize!,
  };
}
