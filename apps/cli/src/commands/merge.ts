import type { AdapterInput } from "@bayling/core";
import { mergeAdapters, type QuantizationRecipe, type QuantizedGguf } from "@bayling/core/convert";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { adapterOption } from "../options/adapter-option.ts";
import { recipeOption } from "../options/recipe-option.ts";
import { fileName } from "../output/file-name.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { quantizedReport } from "../output/quantized-report.ts";
import type { Terminal } from "../output/terminal.ts";

interface MergeFlags {
  readonly adapter: readonly AdapterInput[];
  readonly type?: QuantizationRecipe;
  readonly overwrite?: true;
  readonly json?: true;
}

export function addMerge(program: Command, context: Context): void {
  program
    .command("merge")
    .summary("write a model with LoRA adapters merged into it as one GGUF file")
    .description(
      "Writes a model with LoRA adapters merged into its weights as one GGUF file, which every program that reads GGUF " +
        "runs. Without --type, weights that no adapter changes stay as they are, and quantized ones that change become " +
        "Q8_0. The new file appears when it is complete; a run that is stopped leaves nothing.",
    )
    .argument("<model>", "a .gguf file (of a split one the first part), or a folder of Hugging Face: a path or a URL")
    .argument("<output>", "the new .gguf file")
    .addOption(adapterOption().makeOptionMandatory())
    .addOption(recipeOption())
    .option("--overwrite", "replace a file that has this name")
    .option("--json", "print one JSON document, which lists every tensor")
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling merge model.gguf merged.gguf --adapter translation-lora", "as the model is"],
        ["bayling merge model-folder merged.gguf --adapter a-lora --adapter b.gguf=0.5 --type q4_k_m", "and quantized"],
      ]),
    )
    .action((source: string, output: string, flags: MergeFlags) =>
      context.interrupts.during((signal) => merge(source, output, flags, context.terminal, signal)),
    );
}

async function merge(
  source: string,
  output: string,
  { adapter, type, overwrite, json }: MergeFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const progress = new ProgressLine(terminal, `writing ${fileName(output)}`);
  let result: QuantizedGguf;
  try {
    result = await mergeAdapters(source, output, {
      ...{ adapters: adapter, type, signal },
      overwrite: overwrite === true,
      onProgress: ({ writtenBytes, totalBytes }) => progress.update(writtenBytes, totalBytes),
    });
  } finally {
    progress.end();
  }
  const seconds = (performance.now() - began) / 1000;
  if (json === true) await terminal.printJson({ type, output, ...result, seconds });
  else await terminal.print(...quantizedReport({ source, output, result, seconds }, terminal));
}
