import { applyDelta, type DeltaResult, makeDelta } from "@bayling/core/convert";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { fileName } from "../output/file-name.ts";
import { formatBytes, formatSeconds, plural } from "../output/numbers.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { visible } from "../output/text-width.ts";

interface DeltaFlags {
  readonly json?: true;
}

const baseArgument = ["<base>", "the folder or URL of the model that the delta weights are counted from"] as const;
const outputArgument = ["<output>", "the new folder"] as const;
const wholeOrNothing = "The new folder appears when it is complete; a run that is stopped leaves nothing.";

export function addApplyDelta(program: Command, context: Context): void {
  program
    .command("apply-delta")
    .summary("add delta weights to the model that they were made from")
    .description(
      "Adds delta weights to the model that they were made from, in half precision, as the scripts of BayLing and " +
        `FastChat do. Takes and gives folders of Hugging Face. ${wholeOrNothing}`,
    )
    .argument(...baseArgument)
    .argument("<delta>", "the folder or URL of the delta weights")
    .argument(...outputArgument)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      examples(context.terminal, [
        [
          "bayling apply-delta llama-7b-hf bayling-7b-diff bayling-7b",
          "BayLing from LLaMA and its published difference",
        ],
        ["bayling chat bayling-7b", "and it runs"],
      ]),
    )
    .action((base: string, delta: string, output: string, flags: DeltaFlags) =>
      run(applyDelta, [base, delta, output], flags, context),
    );
}

export function addMakeDelta(program: Command, context: Context): void {
  program
    .command("make-delta")
    .summary("make the delta weights that turn one model into another")
    .description(
      "Makes the delta weights that turn one model into another, in half precision: what apply-delta adds to the base. " +
        `So a model can be published whose base may not be. Takes and gives folders of Hugging Face. ${wholeOrNothing}`,
    )
    .argument(...baseArgument)
    .argument("<target>", "the folder or URL of the model that the delta weights shall lead to")
    .argument(...outputArgument)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      examples(context.terminal, [["bayling make-delta llama-7b-hf my-model my-model-delta", "what to publish"]]),
    )
    .action((base: string, target: string, output: string, flags: DeltaFlags) =>
      run(makeDelta, [base, target, output], flags, context),
    );
}

function run(
  combine: typeof applyDelta,
  [base, other, output]: readonly [base: string, other: string, output: string],
  { json }: DeltaFlags,
  { terminal, interrupts }: Context,
): Promise<void> {
  return interrupts.during(async (signal) => {
    const began = performance.now();
    const progress = new ProgressLine(terminal, `writing ${fileName(output)}`);
    let result: DeltaResult;
    try {
      result = await combine(base, other, output, {
        onProgress: ({ writtenBytes, totalBytes }) => progress.update(writtenBytes, totalBytes),
        signal,
      });
    } finally {
      progress.end();
    }
    const seconds = (performance.now() - began) / 1000;
    if (json === true) return terminal.printJson({ ...result, seconds });
    const { size, tensors, shards, addedRows } = result;
    const facts = `${plural(tensors, "tensor")} in ${plural(shards.length, "file")}, in ${formatSeconds(seconds)}`;
    const lines = [`${visible(fileName(output))}  ${formatBytes(size)}  ${terminal.paint("dim", facts)}`];
    if (addedRows > 0) {
      lines.push(
        terminal.paint("yellow", `${plural(addedRows, "token")} that the base does not have, taken as they are`),
      );
    }
    await terminal.print(...lines);
  });
}
