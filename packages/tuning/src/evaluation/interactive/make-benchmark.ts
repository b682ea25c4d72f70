import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { BayLingError } from "@bayling/core";
import { DurableFile, writeDurably } from "../../assembly/durable-file.ts";
import { benchmarkFolder } from "../../assembly/held-out.ts";
import { createSplitter, type SplitShares, type Splitter } from "../../assembly/splitter.ts";
import { defaultShares } from "../../assembly/stages/export-stage.ts";
import { loadPrepared, preparedPairs, requirePrepared } from "../../assembly/stages/prepare-stage.ts";
import { WorkLock } from "../../assembly/work-lock.ts";
import type { SentencePair } from "../../bitext/sentence-pair.ts";
import type { Dialogue } from "../../dialogues/dialogue.ts";
import { type DialoguePlan, defaultPlan } from "../../dialogues/dialogue-plan.ts";
import { generatorVersion, makeDialogues } from "../../dialogues/make-dialogues.ts";
import { Random } from "../../random.ts";
import { selectBalanced } from "./balanced-selection.ts";
import { benchmarkSignature } from "./benchmark-signature.ts";

export interface MakeBenchmarkOptions {
  /** After the stage `prepare`; no other is needed. */
  readonly workFolder: string;
  /** As many dialogues, if there are so many. Default 600. */
  readonly size?: number | undefined;
  /** In each dialogue. Default 3. */
  readonly leastTurns?: number | undefined;
  /** As those of training: test sources alone are taken. Default: 1 % for validation, 1 % for testing. */
  readonly shares?: SplitShares | undefined;
  /** Unsigned 32-bit. Default 0. */
  readonly seed?: number | undefined;
  readonly onProgress?: ((pairs: number, pairsTotal: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was made; `benchmark/manifest.json` holds the same. */
export interface MadeBenchmark {
  /** Of all of its dialogues. */
  readonly signature: string;
  readonly file: string;
  readonly dialogues: number;
  readonly turns: number;
  /** Dialogues of test sources that it was drawn from. */
  readonly candidates: number;
  /** Of those, how many were left out because training sees a text of them in another pair. */
  readonly seenInTraining: number;
  /** Later turns by direction and kind of act. */
  readonly acts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/**
 * Some dialogue about each request, as far as a source allows it. First turns ask for nothing else: what they would ask
 * stands in their words alone, which no checker can carry on.
 */
const benchmarkPlan: DialoguePlan = {
  ...{ ...defaultPlan, translations: 0, dialoguesPerDirection: 24, mostPerDirection: 24 },
  ...{ firstRequests: {}, ruledFirstTurns: 0 },
};

/** Candidates that are kept, for each dialogue that is wanted: enough to choose from, whatever the corpus. */
const candidatesEach = 40;

/**
 * Makes the interactive benchmark of a work folder, `benchmark/dialogues.jsonl`: dialogues about test sources, made for it
 * alone, balanced over directions and acts, none of whose sources and references stands in a pair that is trained on.
 * The same pairs, seed and shares give the same bytes.
 * @throws BayLingError `argument-invalid`, `work-incomplete`, `work-busy`, `sink-unwritable`
 */
export async function makeBenchmark(options: MakeBenchmarkOptions): Promise<MadeBenchmark> {
  const { workFolder, size = 600, leastTurns = 3, shares = defaultShares, seed = 0 } = options;
  const splitter = await createSplitter(shares);
  const { files } = requirePrepared(workFolder);
  const folder = benchmarkFolder(workFolder);
  const lock = new WorkLock(folder, "benchmark");
  try {
    const found = await collectCandidates({ ...options, leastTurns, splitter, seed, most: size * candidatesEach });
    const unseen = await leaveOutSeen(found, options, splitter);
    const selected = selectBalanced(new Random(seed).shuffle(unseen), size);
    if (selected.length === 0) throw nothingToTake(workFolder, shares);
    const file = path.join(folder, "dialogues.jsonl");
    writeDialogues(file, selected);
    const made: MadeBenchmark = {
      ...{ signature: benchmarkSignature(selected), file, dialogues: selected.length },
      turns: selected.reduce((sum, { turns }) => sum + turns.length, 0),
      ...{ candidates: found.length, seenInTraining: found.length - unseen.length, acts: countActs(selected) },
    };
    const settings = { size, leastTurns, shares, seed, generator: generatorVersion, pairs: files.pairs };
    const manifest = { ...settings, ...made, file: path.basename(file) };
    writeDurably(path.join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    return made;
  } finally {
    lock.release();
  }
}

interface Collecting extends MakeBenchmarkOptions {
  readonly leastTurns: number;
  readonly splitter: Splitter;
  readonly seed: number;
  readonly most: number;
}

/** Dialogues of test sources; when there are more than `most`, a random sample (Vitter's algorithm R). */
async function collectCandidates(options: Collecting): Promise<Dialogue[]> {
  const { workFolder, leastTurns, splitter, seed, most, onProgress, signal } = options;
  const prepared = requirePrepared(workFolder);
  const plan = { ...benchmarkPlan, turns: turnsFrom(leastTurns) };
  const settings = { ...loadPrepared(workFolder), seed, plan };
  const random = new Random(seed);
  const kept: Dialogue[] = [];
  let [seen, pairs] = [0, 0];
  for (const pair of preparedPairs(workFolder)) {
    if (++pairs % 500 === 0) {
      onProgress?.(pairs, prepared.pairs);
      await setImmediate();
      signal?.throwIfAborted();
    }
    const directions = heldOutDirections(pair, splitter);
    if (Object.values(directions).every((share) => share === 0)) continue;
    for (const dialogue of makeDialogues(pair, { ...settings, plan: { ...plan, directions } })) {
      if (dialogue.turns.length < leastTurns || splitter.splitOf(dialogue.source) !== "test") continue;
      const place = seen++ < most ? kept.length : random.below(seen);
      if (place < most) kept[place] = dialogue;
    }
  }
  return kept;
}

/** The directions of a pair whose source is one of the test split. */
function heldOutDirections(pair: SentencePair, splitter: Splitter): Readonly<Record<string, number>> {
  const { source, target, sourceLanguage, targetLanguage } = pair;
  const share = (text: string) => (splitter.splitOf(text) === "test" ? 1 : 0);
  return {
    [`${sourceLanguage}>${targetLanguage}`]: share(source),
    [`${targetLanguage}>${sourceLanguage}`]: share(target),
  };
}

/** Half of the dialogues as short as may be, the others up to two turns longer. */
function turnsFrom(leastTurns: number): readonly number[] {
  return [...new Array<number>(leastTurns - 1).fill(0), 0.5, 0.3, 0.2];
}

/** Leaves out what training sees in another pair: a reference may be a translation of another sentence too. */
async function leaveOutSeen(
  dialogues: readonly Dialogue[],
  { workFolder, signal }: MakeBenchmarkOptions,
  splitter: Splitter,
): Promise<Dialogue[]> {
  const texts = new Set(dialogues.flatMap((dialogue) => keysOf(dialogue, splitter)));
  const seen = new Set<string>();
  let pairs = 0;
  for (const { source, target } of preparedPairs(workFolder)) {
    if (++pairs % 2000 === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
    const pairTexts = [source, target].map((text) => splitter.keyOf(text));
    if (!pairTexts.some((text) => texts.has(text))) continue;
    if (splitter.splitOf(source) !== "train" || splitter.splitOf(target) !== "train") continue;
    for (const text of pairTexts) seen.add(text);
  }
  return dialogues.filter((dialogue) => !keysOf(dialogue, splitter).some((text) => seen.has(text)));
}

function keysOf({ source, turns }: Dialogue, splitter: Splitter): string[] {
  return [source, ...turns.map(({ reply }) => reply)].map((text) => splitter.keyOf(text));
}

function writeDialogues(file: string, dialogues: readonly Dialogue[]): void {
  const output = new DurableFile(file);
  try {
    for (const dialogue of dialogues) output.write(`${JSON.stringify(dialogue)}\n`);
    output.finish();
  } finally {
    output.discard();
  }
}

function countActs(dialogues: readonly Dialogue[]): MadeBenchmark["acts"] {
  const counts: Record<string, Record<string, number>> = {};
  for (const { from, to, turns } of dialogues) {
    const direction = counts[`${from}>${to}`] ?? {};
    counts[`${from}>${to}`] = direction;
    for (const { act } of turns.slice(1)) direction[act!.kind] = (direction[act!.kind] ?? 0) + 1;
  }
  return counts;
}

function nothingToTake(workFolder: string, { test }: SplitShares): BayLingError {
  return new BayLingError("argument-invalid", {
    ...{ field: "shares.test", source: workFolder },
    problem: "no dialogue of test sources is long enough",
    received: String(test),
    remedy: "Hold more sources out, or prepare more pairs",
  });
}
