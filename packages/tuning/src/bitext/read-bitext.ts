import path from "node:path";
import { BayLingError } from "@bayling/core";
import { parseLanguage } from "@bayling/core/interaction";
import { type BitextInput, filesOf } from "./bitext-input.ts";
import { type BitextReport, createBitextReport, type FileReport } from "./bitext-report.ts";
import { fileSize } from "./byte-stream.ts";
import { createNormaliser, type NormalisationOptions, normalisationSettings } from "./normalisation.ts";
import { readJsonl } from "./readers/jsonl.ts";
import { readLineAligned } from "./readers/line-aligned.ts";
import { readTatoebaLinks } from "./readers/tatoeba-links.ts";
import { readTatoebaPairs } from "./readers/tatoeba-pairs.ts";
import { readTmx } from "./readers/tmx.ts";
import { readTsv } from "./readers/tsv.ts";
import type { SentencePair } from "./sentence-pair.ts";
import { type OpenSourceFile, type PairDefaults, SourceFile } from "./source-file.ts";

export interface BitextProgress {
  /** The file that is being read. */
  readonly file: string;
  /** Of all files, as they are stored. */
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly pairs: number;
}

export interface ReadBitextOptions {
  readonly normalisation?: NormalisationOptions | undefined;
  /** Is added to while pairs are read; see `createBitextReport`. */
  readonly report?: BitextReport | undefined;
  /** Called after each piece of some 64 kB. */
  readonly onProgress?: ((progress: BitextProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads sentence pairs, file by file, in the order of the inputs and of their lines, in memory that does not grow with
 * them. Lines that give no pair are counted in the report.
 * @throws BayLingError `argument-invalid`, `language-unknown`, `source-not-found`, `source-unreadable`, `bitext-invalid`:
 * the last three after all the pairs before the place where it happened
 */
export async function* readBitext(
  inputs: BitextInput | readonly BitextInput[],
  options: ReadBitextOptions = {},
): AsyncGenerator<SentencePair> {
  const { report = createBitextReport(), signal, onProgress } = options;
  const list = [inputs].flat();
  const settings = list.map((input) => normalisationSettings({ ...options.normalisation, ...input.normalisation }));
  const defaults = list.map(defaultsOf);
  report.settings.normalisation = settings.length === 1 ? settings[0] : settings;
  let bytesTotal = 0;
  for (const file of list.flatMap(filesOf)) bytesTotal += await fileSize(file);
  let bytesRead = 0;
  let pairs = 0;
  for (const [index, input] of list.entries()) {
    const common = defaults[index]!;
    const normalise = createNormaliser(settings[index]!, report.normalised);
    let counting: FileReport | undefined;
    const open: OpenSourceFile = (file) => {
      const { corpus, license } = common;
      counting = { file, corpus, license, bytes: 0, lines: 0, pairs: 0, problems: {} };
      report.files.push(counting);
      const onBytes = (bytes: number) => {
        bytesRead += bytes;
        onProgress?.({ file, bytesRead, bytesTotal, pairs });
      };
      return new SourceFile(file, counting, { signal, onBytes });
    };
    for await (const pair of readInput(input, common, open)) {
      signal?.throwIfAborted();
      pairs++;
      counting!.pairs++;
      yield { ...pair, source: normalise(pair.source), target: normalise(pair.target) };
    }
  }
}

function readInput(input: BitextInput, defaults: PairDefaults, open: OpenSourceFile): AsyncGenerator<SentencePair> {
  switch (input.format) {
    case "tsv":
      return readTsv(input, defaults, open);
    case "tatoeba":
      return "links" in input ? readTatoebaLinks(input, defaults, open) : readTatoebaPairs(input, defaults, open);
    case "lines":
      return readLineAligned(input, defaults, open);
    case "jsonl":
      return readJsonl(input, defaults, open);
    case "tmx":
      return readTmx(input, defaults, open);
  }
}

const formats = ["tsv", "tatoeba", "lines", "jsonl", "tmx"];

function defaultsOf(input: BitextInput, index: number): PairDefaults {
  const field = (name: string) => `inputs[${index}].${name}`;
  const fail = (name: string, expected: string, received: unknown) =>
    new BayLingError("argument-invalid", {
      ...{ field: field(name), problem: "the argument has a value that it cannot have", expected },
      received: String(JSON.stringify(received)),
    });
  if (!formats.includes(input?.format)) throw fail("format", formats.join(", "), input?.format);
  for (const file of filesOf(input)) if (typeof file !== "string") throw fail("file", "the path of a file", file);
  const isTatoeba = input.format === "tatoeba";
  const sourceLanguage = parseLanguage(input.sourceLanguage, field("sourceLanguage"));
  const targetLanguage = parseLanguage(input.targetLanguage, field("targetLanguage"));
  if (sourceLanguage === targetLanguage)
    throw fail("targetLanguage", `another language than the source's, ${sourceLanguage}`, input.targetLanguage);
  return {
    ...{ sourceLanguage, targetLanguage },
    corpus: input.corpus ?? (isTatoeba ? "tatoeba" : path.basename(filesOf(input).at(-1)!).replace(/\.[^-]*$/, "")),
    license: input.license ?? (isTatoeba ? "CC BY 2.0 FR" : undefined),
  };
}
