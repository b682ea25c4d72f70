import { countProblem, type FileReport, type ReadProblem } from "./bitext-report.ts";
import { type ByteStreamOptions, readBytes } from "./byte-stream.ts";
import { readLines, type TextLine } from "./text-lines.ts";

/** A file of an input while it is read, with what is reported of it. */
export class SourceFile {
  readonly name: string;
  readonly report: FileReport;
  readonly #options: ByteStreamOptions;

  constructor(name: string, report: FileReport, options: ByteStreamOptions) {
    this.name = name;
    this.report = report;
    const onBytes = (bytes: number) => {
      report.bytes += bytes;
      options.onBytes?.(bytes);
    };
    this.#options = { ...options, onBytes };
  }

  bytes(): AsyncGenerator<Uint8Array> {
    return readBytes(this.name, this.#options);
  }

  /** The lines, those with a problem counted. */
  async *lines(): AsyncGenerator<readonly TextLine[]> {
    for await (const lines of readLines(this.name, this.#options)) {
      for (const { number, text, problem } of lines) {
        if (problem !== undefined) this.problem(problem, number, text);
      }
      this.report.lines = lines.at(-1)!.number;
      yield lines;
    }
  }

  /** The lines that can be read and are not blank, one by one. @param mayBeBlank whether a blank one is wanted now */
  async *textLines(mayBeBlank: () => boolean = () => false): AsyncGenerator<TextLine> {
    for await (const lines of this.lines()) {
      for (const line of lines) {
        if (line.problem !== undefined) continue;
        if (line.text.trim() !== "" || mayBeBlank()) yield line;
        else this.problem("blank", line.number, "");
      }
    }
  }

  problem(problem: ReadProblem, line: number, detail: string): void {
    countProblem(this.report, problem, line, detail);
  }
}

/** Opens the files of one input. */
export type OpenSourceFile = (name: string) => SourceFile;

/** What all pairs of an input have in common. Languages are canonical tags. */
export interface PairDefaults {
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
  readonly corpus: string;
  readonly license: string | undefined;
}
