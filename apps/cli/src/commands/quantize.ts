import { type QuantizationRecipe, type QuantizedGguf, quantizationRecipes, quantizeGguf } from "@bayling/core/convert";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { fileName } from "../output/file-name.ts";
import { formatBytes, formatSeconds, plural } from "../output/numbers.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { visible } from "../output/text-width.ts";

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
    .addOption(
      new Option(
        "--type <name>",
        `what matrices become: ${quantizationRecipes.join(", ")}. Q4_K_M is the usual choice, Q8_0 loses next to nothing`,
      )
        .argParser(recipe)
        .makeOptionMandatory(),
    )
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
      context.interrupts.during((signal) => quantize(source, output, flags, context.terminal, signal)),
    );
}

async function quantize(
  source: string,
  output: string,
  { type, overwrite, json }: QuantizeFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const progress = new ProgressLine(terminal, `writing ${fileName(output)}`);
  let result: QuantizedGguf;
  try {
    result = await quantizeGguf(source, output, {
      type,
      overwrite: overwrite === true,
      onProgress: ({ writtenBytes, totalBytes }) => progress.update(writtenBytes, totalBytes),
      signal,
    });
  } finally {
    progress.end();
  }
  const seconds = (performance.now() - began) / 1000;
  if (json === true) await terminal.printJson({ type, ...result, seconds });
  else await terminal.print(...report(source, output, result, seconds, terminal));
}

function report(
  source: string,
  output: string,
  { sourceSize, size, tensors }: QuantizedGguf,
  seconds: number,
  { paint }: Terminal,
): string[] {
  const share = sourceSize > 0 ? `${((100 * size) / sourceSize).toFixed(1)} % of the source` : "";
  const files = alignColumns(
    [
      [paint("dim", visible(fileName(source))), formatBytes(sourceSize), ""],
      [visible(fileName(output)), formatBytes(size), paint("dim", `${share}, in ${formatSeconds(seconds)}`)],
    ],
    [{}, { align: "right" }],
  );
  const counts = new Map<string, number>();
  for (const { to } of tensors) counts.set(to, (counts.get(to) ?? 0) + 1);
  const types = [...counts].map(([type, count]) => `${plural(count, "tensor")} ${type}`);
  return [...files, paint("dim", types.join(" · ")), ...fallbacks(tensors, paint)];
}

/** Rows that do not divide into the blocks of the type that was asked for. */
function fallbacks(tensors: QuantizedGguf["tensors"], paint: Terminal["paint"]): string[] {
  const counts = new Map<string, number>();
  for (const { to, wanted } of tensors) {
    if (wanted === undefined) continue;
    const change = `${to} in place of ${wanted}`;
    counts.set(change, (counts.get(change) ?? 0) + 1);
  }
  return [...counts].map(([change, count]) =>
    paint("yellow", `${plural(count, "tensor")} ${change}, whose blocks their rows do not divide into`),
  );
}

/** The name of a type in any case, as people write them in names of files. */
function recipe(name: string): QuantizationRecipe {
  const found = quantizationRecipes.find((each) => each === name.toUpperCase());
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Allowed choices are ${quantizationRecipes.join(", ")}.`);
}
