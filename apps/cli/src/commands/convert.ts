import path from "node:path";
import { convertToGguf, type QuantizationRecipe } from "@bayling/core/convert";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { recipeOption } from "../options/recipe-option.ts";
import { type ModelFileWriter, writeModelFile } from "../output/write-model-file.ts";

interface ConvertFlags {
  readonly type: QuantizationRecipe;
  readonly name?: string;
  readonly overwrite?: true;
  readonly json?: true;
}

export function addConvert(program: Command, context: Context): void {
  program
    .command("convert")
    .summary("write a folder of Hugging Face as one GGUF file")
    .description(
      "Writes a model that lies in a folder as Hugging Face has it into one GGUF file, with tokenizer and chat template: " +
        "config.json, weights in safetensors or PyTorch's .bin, tokenizer.json or tokenizer.model. " +
        "The new file appears when it is complete; a run that is stopped leaves nothing.",
    )
    .argument("<folder>", "the folder: a path or a URL")
    .argument("[output]", "the new .gguf file. Default: the name of the folder and the type, in the folder you are in")
    .addOption(recipeOption().default("F16"))
    .option("--name <name>", "what the model is called in the file. Default: the name of the folder")
    .option("--overwrite", "replace a file that has this name")
    .option("--json", "print one JSON document, which lists every tensor")
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling convert bayling-2-7b", "bayling-2-7b-F16.gguf"],
        ["bayling convert bayling-2-7b bayling.gguf --type q4_k_m", "quantized at once"],
      ]),
    )
    .action((folder: string, output: string | undefined, flags: ConvertFlags) =>
      context.interrupts.during((signal) => {
        const { type, name } = flags;
        const written = output ?? defaultOutput(folder, type);
        const write: ModelFileWriter = (options) => convertToGguf(folder, written, { type, name, signal, ...options });
        return writeModelFile({ ...flags, source: folder, output: written }, write, context.terminal);
      }),
    );
}

function defaultOutput(folder: string, type: QuantizationRecipe): string {
  const name = /^[a-z][a-z0-9+.-]+:/i.test(folder) ? "" : path.basename(path.resolve(folder));
  if (name !== "") return `${name}-${type}.gguf`;
  throw new UsageError("The folder has no name of its own. Give the new file one, as a second argument.");
}
