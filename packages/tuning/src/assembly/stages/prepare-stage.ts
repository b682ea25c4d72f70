import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import path from "node:path";
import { BayLingError } from "@bayling/core";
import { z } from "zod";
import { lexiconFromJson, lexiconToJson } from "../../alignment/lexicon-json.ts";
import { type Lexicons, lexiconKey, trainLexicons } from "../../alignment/train-lexicon.ts";
import { type BitextInput, filesOf } from "../../bitext/bitext-input.ts";
import { type BitextReport, createBitextReport } from "../../bitext/bitext-report.ts";
import type { ChineseHandling } from "../../bitext/chinese-script.ts";
import { type BitextFilterSettings, filterBitext } from "../../bitext/filter-bitext.ts";
import type { ContaminationOptions } from "../../bitext/filters/contamination.ts";
import type { NormalisationOptions } from "../../bitext/normalisation.ts";
import { type BitextProgress, readBitext } from "../../bitext/read-bitext.ts";
import type { SentencePair } from "../../bitext/sentence-pair.ts";
import { buildDialogueIndex, DialogueIndex } from "../../dialogues/dialogue-index.ts";
import { DurableFile, type FileDigest, writeDurably } from "../durable-file.ts";
import { readLines } from "../line-reader.ts";
import { claimStage, readStageSettings, stageFolder } from "../stage-manifest.ts";
import { WorkLock } from "../work-lock.ts";

export interface PrepareOptions {
  readonly workFolder: string;
  readonly inputs: readonly BitextInput[];
  readonly normalisation?: NormalisationOptions | undefined;
  /** Settings of filters; by their defaults all are on. */
  readonly filters?: BitextFilterSettings | undefined;
  /** What becomes of Chinese. Default: the script of the tags. */
  readonly chinese?: ChineseHandling | undefined;
  /** Words that are not wanted. */
  readonly profanity?: readonly string[] | undefined;
  /** Test sets that must not be taught. */
  readonly contamination?: Omit<ContaminationOptions, "signal"> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BitextProgress) => void) | undefined;
  /** Told when pairs are read, and the next step begins. */
  readonly onStep?: ((step: "lexicon" | "index") => void) | undefined;
}

/** What the stages after this one work with. */
export interface PreparedBitext {
  readonly lexicons: Lexicons;
  readonly index: DialogueIndex;
}

const outputs = {
  pairs: "pairs.jsonl",
  report: "report.json",
  lexicons: "lexicons.json",
  index: "index.json",
} as const;

/** What `prepare/done.json` says: how many pairs there are, and what its files hold. */
export interface PreparedDigest {
  readonly pairs: number;
  readonly files: Readonly<Record<keyof typeof outputs, FileDigest>>;
}

const digest = z.object({ byteLength: z.number(), sha256: z.string() });
const doneSchema: z.ZodType<PreparedDigest> = z.object({
  pairs: z.number(),
  files: z.record(z.enum(["pairs", "report", "lexicons", "index"]), digest),
});

/**
 * Reads and filters bitext, and learns from all of it what dialogues need: a lexicon and an index. The outcome is a pure
 * function of the inputs; a run that is stopped begins anew.
 * @throws BayLingError `work-busy`, `work-changed`, `sink-unwritable`, and those of reading
 */
export async function prepareBitext(options: PrepareOptions): Promise<PreparedDigest> {
  const { workFolder, inputs, normalisation, filters, chinese, profanity, contamination, signal, onStep } = options;
  const folder = stageFolder(workFolder, "prepare");
  const lock = new WorkLock(folder, "prepare");
  try {
    const read = [...inputs.flatMap(filesOf), ...(contamination?.files ?? [])];
    const files = await Promise.all(read.map((file) => hashFile(file, signal)));
    const cleaning = { normalisation, filters, chinese, profanity, contamination };
    // ICU cuts Chinese into words: another version learns another lexicon.
    claimStage(workFolder, "prepare", { inputs, files, ...cleaning, version: 1, icu: process.versions.icu });
    const done = preparedDigest(workFolder);
    if (done !== undefined) return done;
    const report = createBitextReport();
    const pairs = await writePairs(path.join(folder, outputs.pairs), options, report);
    const reportDigest = writeDurably(path.join(folder, outputs.report), `${JSON.stringify(report, null, 2)}\n`);
    onStep?.("lexicon");
    const lexicons = await trainLexicons(preparedPairs(workFolder), { signal });
    const lexiconJson = [...lexicons].map(([key, lexicon]) => [key, lexiconToJson(lexicon)]);
    const lexiconDigest = writeDurably(path.join(folder, outputs.lexicons), JSON.stringify(lexiconJson));
    onStep?.("index");
    const index = await buildDialogueIndex(preparedPairs(workFolder), { signal });
    const indexDigest = writeDurably(path.join(folder, outputs.index), JSON.stringify(index.toJson()));
    const result: PreparedDigest = {
      pairs: pairs.count,
      files: { pairs: pairs.digest, report: reportDigest, lexicons: lexiconDigest, index: indexDigest },
    };
    writeDurably(path.join(folder, "done.json"), `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } finally {
    lock.release();
  }
}

async function writePairs(
  file: string,
  options: PrepareOptions,
  report: BitextReport,
): Promise<{ readonly count: number; readonly digest: FileDigest }> {
  const { inputs, normalisation, filters, chinese, profanity, contamination, signal, onProgress } = options;
  const pairs = readBitext(inputs, { normalisation, report, onProgress, signal });
  const output = new DurableFile(file);
  let count = 0;
  try {
    for await (const pair of filterBitext(pairs, { filters, chinese, profanity, contamination, report, signal })) {
      output.write(`${JSON.stringify(pair)}\n`);
      count++;
    }
    if (count > 0) return { count, digest: output.finish() };
  } finally {
    output.discard();
  }
  throw new BayLingError("bitext-invalid", {
    source: inputs.flatMap(filesOf).join(", "),
    problem: "no pair of sentences is left",
    received: rejectCounts(report),
    remedy: "Look at the reasons, and at the languages that were given",
  });
}

function rejectCounts(report: BitextReport): string {
  const problems = report.files.flatMap(({ problems }) => Object.entries(problems));
  const counted = [...problems, ...Object.entries(report.rejected)].filter(([, { count }]) => count > 0);
  return counted.length === 0 ? "no lines" : counted.map(([name, { count }]) => `${name} ${count}`).join(", ");
}

async function hashFile(file: string, signal: AbortSignal | undefined): Promise<object> {
  const hash = createHash("sha256");
  let byteLength = 0;
  try {
    for await (const chunk of createReadStream(file)) {
      signal?.throwIfAborted();
      hash.update(chunk as Buffer);
      byteLength += (chunk as Buffer).length;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw new BayLingError("source-not-found", {
      source: file,
      problem: "the file cannot be read",
      received: (error as NodeJS.ErrnoException).code,
      cause: error,
    });
  }
  return { file, byteLength, sha256: hash.digest("hex") };
}

/** What was prepared; undefined before that has come to its end. */
function preparedDigest(workFolder: string): PreparedDigest | undefined {
  try {
    return doneSchema.parse(
      JSON.parse(readFileSync(path.join(stageFolder(workFolder, "prepare"), "done.json"), "utf8")),
    );
  } catch {
    return undefined;
  }
}

/** @throws BayLingError `work-incomplete` */
export function requirePrepared(workFolder: string): PreparedDigest {
  const prepared = preparedDigest(workFolder);
  if (prepared !== undefined) return prepared;
  throw new BayLingError("work-incomplete", {
    source: workFolder,
    problem:
      readStageSettings(workFolder, "prepare") === undefined
        ? "nothing was prepared here"
        : "preparing has not come to its end",
    remedy: 'Run the stage "prepare" first',
  });
}

/** The lines of the prepared pairs, each a pair in JSON. */
export function preparedLines(workFolder: string): Generator<string, void, undefined> {
  return readLines(path.join(stageFolder(workFolder, "prepare"), outputs.pairs));
}

export function* preparedPairs(workFolder: string): Generator<SentencePair, void, undefined> {
  for (const line of preparedLines(workFolder)) yield JSON.parse(line) as SentencePair;
}

export function preparedReport(workFolder: string): BitextReport {
  return JSON.parse(
    readFileSync(path.join(stageFolder(workFolder, "prepare"), outputs.report), "utf8"),
  ) as BitextReport;
}

/** @throws BayLingError `argument-invalid` for files of another version */
export function loadPrepared(workFolder: string): PreparedBitext {
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(path.join(stageFolder(workFolder, "prepare"), name), "utf8"));
  const lexicons = (read(outputs.lexicons) as [string, unknown][]).map(
    ([key, json]) => [lexiconKey(...(key.split(" ") as [string, string])), lexiconFromJson(json)] as const,
  );
  return { lexicons: new Map(lexicons), index: DialogueIndex.fromJson(read(outputs.index)) };
}
