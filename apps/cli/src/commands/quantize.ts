import { type QuantizationRecipe, quantizeGguf } from "@bayling/core/convert";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { recipeOption } from "../options/recipe-option.ts";
import { type ModelFileWriter, writeModelFile } from "../output/write-model-file.ts";

interface QuantizeFlags {
  readonly type: QuantizationRecipe;
  readonly overwrite?: true;
  readonly json?: true;
}

export function addQuantize(program: Command, context: Context): void {
  program
    .command("quantize")
    .summary("write a GGUF file again with smaller weights")
    .description(
      "Writes a GGUF file again with its matrices in another type: smaller and faster, and a little less exact. " +
        "Begin with the most exact file that there is: what one quantization has lost, the next does not bring back. " +
        "The new file appears when it is complete; a run that is stopped leaves nothing.",
    )
    .argument("<model>", "a .gguf file: a path, a URL, or the first part of a split one")
    .argument("<output>", "the new .gguf file")
    .addOption(recipeOption().makeOptionMandatory())
    .option("--overwrite", "replace a file that has this name")
    .option("--json", "print one JSON document, which lists every tensor")
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling quantize model-f16.gguf model-q4.gguf --type q4_k_m", "the usual choice"],
        ["bayling quantize model-00001-of-00003.gguf model-q8.gguf --type q8_0", "a split model becomes one file"],
        ["bayling quantize model-q4.gguf model-f32.gguf --type f32", "decode"],
      ]),
    )
    .action((source: string, output: string, flags: QuantizeFlags) =>
      context.interrupts.during((signal) => {
        const { type } = flags;
        const write: ModelFileWriter = (options) => quantizeGguf(source, output, { type, signal, ...options });
        return writeModelFile({ ...flags, source, output }, write, context.terminal);
      }),
    );
}
