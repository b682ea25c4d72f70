import type { QuantizationRecipe, QuantizedGguf, QuantizeProgress } from "@bayling/core/convert";
import { fileName } from "./file-name.ts";
import { ProgressLine } from "./progress-line.ts";
import { quantizedReport } from "./quantized-report.ts";
import type { Terminal } from "./terminal.ts";

/** What is written where, and the flags of commands that write models. */
export interface ModelFileTask {
  readonly source: string;
  readonly output: string;
  readonly type?: QuantizationRecipe | undefined;
  readonly overwrite?: true | undefined;
  readonly json?: true | undefined;
}

/** What writes the file. */
export type ModelFileWriter = (options: {
  readonly overwrite: boolean;
  readonly onProgress: (progress: QuantizeProgress) => void;
}) => Promise<QuantizedGguf>;

/** Writes a model with a line of progress, and prints what came of it. */
export async function writeModelFile(
  { source, output, type, overwrite, json }: ModelFileTask,
  write: ModelFileWriter,
  terminal: Terminal,
): Promise<void> {
  const began = performance.now();
  const progress = new ProgressLine(terminal, `writing ${fileName(output)}`);
  let result: QuantizedGguf;
  try {
    result = await write({
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
