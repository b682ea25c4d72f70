import type { AdapterInput } from "@bayling/core";
import { mergeAdapters, type QuantizationRecipe } from "@bayling/core/convert";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { adapterOption } from "../options/adapter-option.ts";
import { recipeOption } from "../options/recipe-option.ts";
import { type ModelFileWriter, writeModelFile } from "../output/write-model-file.ts";

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
      context.interrupts.during((signal) => {
        const { adapter: adapters, type } = flags;
        const write: ModelFileWriter = (options) =>
          mergeAdapters(source, output, { adapters, type, signal, ...options });
        return writeModelFile({ ...flags, source, output }, write, context.terminal);
      }),
    );
}
