import { BayLingError } from "@bayling/core";
import { MergeLearner } from "./merge-learner.ts";
import { textChunks } from "./text-chunks.ts";
import { pieceType, type VocabularyPiece } from "./vocabulary-pieces.ts";

export interface VocabularyOptions {
  /** Pieces, those for bytes and the three of LLaMA included. */
  readonly size: number;
  /** Spellings of further control tokens, such as a template writes. `<s>` and `</s>` are always there. */
  readonly controlTokens?: readonly string[] | undefined;
  /** Characters seen less often are written as bytes. Default 2. */
  readonly leastCharacterCount?: number | undefined;
  /** Of a piece, in code points. Default 16. */
  readonly longestPiece?: number | undefined;
  readonly onProgress?: ((progress: VocabularyProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface VocabularyProgress {
  readonly step: "reading" | "merging";
  /** Texts that were read, or pieces that are chosen. */
  readonly done: number;
}

/** `<unk>`, control tokens, and one for each byte, in LLaMA's order. */
function firstPieces(controlTokens: readonly string[]): VocabularyPiece[] {
  const piece = (type: VocabularyPiece["type"]) => (spelling: string) => ({ spelling, score: 0, type });
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  return [
    piece(pieceType.unknown)("<unk>"),
    ...[...new Set(["<s>", "</s>", ...controlTokens])].map(piece(pieceType.control)),
    ...bytes.map(piece(pieceType.byte)),
  ];
}

/** Progress is told, and the signal asked, once in so many. */
const interval = 1000;

/**
 * Learns a vocabulary as LLaMA has one: SentencePiece's BPE with a fallback to bytes (Kudo and Richardson 2018, arXiv
 * 1808.06226). The same texts, in any order, give the same vocabulary. What occurs once becomes no piece, so a vocabulary
 * of few texts can be smaller than asked for.
 * @param texts as models will see them, prompts included
 * @throws BayLingError `argument-invalid` for a size without room for bytes and characters; the signal's reason
 */
export async function trainVocabulary(
  texts: AsyncIterable<string> | Iterable<string>,
  options: VocabularyOptions,
): Promise<readonly VocabularyPiece[]> {
  const { size, leastCharacterCount = 2, longestPiece = 16, onProgress, signal } = options;
  const first = firstPieces(options.controlTokens ?? []);
  checkCount("size", size, first.length + 1);
  checkCount("leastCharacterCount", leastCharacterCount, 1);
  checkCount("longestPiece", longestPiece, 1);
  const chunks = await countChunks(texts, options);
  const characters = frequentCharacters(chunks, leastCharacterCount);
  const room = size - first.length - characters.length;
  if (room < 0) {
    throw new BayLingError("argument-invalid", {
      field: "size",
      problem: "the characters alone do not fit the vocabulary",
      expected: `at least ${size - room}`,
      received: String(size),
      remedy: "Ask for more pieces, or raise leastCharacterCount",
    });
  }
  const merges: string[] = [];
  const learner = new MergeLearner(chunks, characters, longestPiece);
  while (merges.length < room) {
    const merge = learner.next();
    if (merge === undefined) break;
    merges.push(merge);
    if (merges.length % interval !== 0) continue;
    onProgress?.({ step: "merging", done: merges.length });
    await letOthersRun(signal);
  }
  // Longer pieces are merged by rank; characters only need to be there.
  const spellings = [...merges, ...characters];
  return [...first, ...spellings.map((spelling, rank) => ({ spelling, score: -rank, type: pieceType.normal }))];
}

/** Whoever aborts may be waiting for this thread. */
async function letOthersRun(signal: AbortSignal | undefined): Promise<void> {
  await new Promise(setImmediate);
  signal?.throwIfAborted();
}

async function countChunks(
  texts: AsyncIterable<string> | Iterable<string>,
  { onProgress, signal }: VocabularyOptions,
): Promise<ReadonlyMap<string, number>> {
  const chunks = new Map<string, number>();
  let done = 0;
  for await (const text of texts) {
    if (++done % interval === 0) {
      onProgress?.({ step: "reading", done });
      await letOthersRun(signal);
    }
    for (const chunk of textChunks(text)) chunks.set(chunk, (chunks.get(chunk) ?? 0) + 1);
  }
  signal?.throwIfAborted();
  // In the order of the alphabet, so that the order of texts does not matter.
  return new Map([...chunks].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The most frequent first. */
function frequentCharacters(chunks: ReadonlyMap<string, number>, least: number): string[] {
  const counts = new Map<string, number>();
  for (const [chunk, count] of chunks) {
    for (const character of chunk) counts.set(character, (counts.get(character) ?? 0) + count);
  }
  // A line break is a byte, as in LLaMA's vocabulary.
  counts.delete("\n");
  return [...counts]
    .filter(([, count]) => count >= least)
    .sort(([one, first], [other, second]) => second - first || (one < other ? -1 : 1))
    .map(([character]) => character);
}

function checkCount(field: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new BayLingError("argument-invalid", {
    field,
    problem: "no vocabulary can be made so",
    expected: `a whole number from ${least}`,
    received: String(value),
  });
}
