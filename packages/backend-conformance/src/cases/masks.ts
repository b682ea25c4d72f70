import type { BatchItem, Want } from "@bayling/core/backend";
import type { BackendCase, Session, Track } from "../backend-context.ts";
import { logProbabilityMargin, logSoftmax } from "../compare.ts";
import { expectEqual, expectThat } from "../expect.ts";

export function maskOf(allowed: Iterable<number>, vocabularySize: number): Uint32Array {
  const mask = new Uint32Array(Math.ceil(vocabularySize / 32));
  for (const id of allowed) mask[id >>> 5]! |= 1 << (id & 31);
  return mask;
}

async function evaluateMasked(session: Session, track: Track, allowed: readonly number[], want: Want) {
  session.needsCapability("masks");
  const tokens = session.tokens(2, track.tokens.length + 1);
  session.needs({ batchTokens: tokens.length });
  const item: BatchItem = track.item(tokens, { want, mask: maskOf(allowed, session.tiny.config.vocabularySize) });
  const [result] = await session.evaluate([item]);
  track.appended(tokens);
  return result!;
}

function expectMaskedScores(session: Session, track: Track, scores: Float32Array, allowed: readonly number[]): void {
  const { vocabularySize } = session.tiny.config;
  expectEqual(scores.length, vocabularySize, "number of scores");
  const open = new Set(allowed);
  for (let id = 0; id < vocabularySize; id++) {
    if (!open.has(id)) expectEqual(scores[id], -Infinity, `score of masked token ${id}`);
    else expectThat(Number.isFinite(scores[id]), `score of allowed token ${id} is ${scores[id]}`);
  }
  if (allowed.length < 2) return; // one score is equal up to a constant, whatever it is
  const reference = session.reference.last(track.tokens);
  const pick = (row: ArrayLike<number>) => Float64Array.from(allowed, (id) => row[id]!);
  const nameOf = (index: number) => `token ${allowed[index]}`;
  session.context.expectScores(pick(scores), pick(reference), "scores of allowed tokens", nameOf);
}

const patterns: Readonly<Record<string, (vocabularySize: number) => number[]>> = {
  "every third token": (size) => Array.from({ length: size }, (_, id) => id).filter((id) => id % 3 === 1),
  "all but one": (size) => Array.from({ length: size }, (_, id) => id).filter((id) => id !== 31),
  "borders of words": () => [0, 31, 32, 63, 64, 255, 256],
  "only the first": () => [0],
  "only the last": (size) => [size - 1],
  everything: (size) => Array.from({ length: size }, (_, id) => id),
};

export const maskCases: readonly BackendCase[] = [
  ...Object.entries(patterns).map(
    ([name, pattern]): BackendCase => ({
      name: `masks/${name}`,
      async run(context) {
        const session = await context.start();
        const track = await session.track();
        const allowed = pattern(session.tiny.config.vocabularySize);
        const { scores } = await evaluateMasked(session, track, allowed, "last");
        expectMaskedScores(session, track, scores!, allowed);
        await track.check(session.tokens(2, 9), "scores without a mask after one with");
      },
    }),
  ),
  {
    name: "masks/top leaves masked tokens out, and keeps whole log-probabilities",
    async run(context) {
      const session = await context.start();
      session.needsCapability("top");
      const track = await session.track();
      const allowed = [3, 40, 41, 99, 200, 256];
      for (const top of [2, 20]) {
        const result = await evaluateMasked(session, track, allowed, { top, ids: [3, 99] });
        const reference = logSoftmax(session.reference.last(track.tokens));
        const margin = logProbabilityMargin(reference, context.bound);
        const ranked = allowed.toSorted((a, b) => reference[b]! - reference[a]!).slice(0, top);
        expectEqual(result.top!.ids.length, ranked.length, "number of top ids");
        for (const [rank, id] of result.top!.ids.entries()) {
          expectThat(allowed.includes(id), `masked token ${id} is in top`);
          for (const expected of [reference[id]!, reference[ranked[rank]!]!]) {
            const actual = result.top!.logProbabilities[rank]!;
            const near = Math.abs(actual - expected) <= margin;
            expectThat(near, `log-probability at rank ${rank}: expected ${expected}, got ${actual}`);
          }
        }
        for (const [index, id] of [3, 99].entries()) {
          const near = Math.abs(result.top!.selected[index]! - reference[id]!) <= margin;
          expectThat(near, `selected log-probability of token ${id} is not that of the whole distribution`);
        }
      }
    },
  },
  {
    name: "masks/each item has its own",
    async run(context) {
      const session = await context.start();
      session.needsCapability("masks");
      session.needs({ sequences: 3, batchTokens: 6 });
      const { vocabularySize } = session.tiny.config;
      const tracks = [await session.track(), await session.track(), await session.track()];
      const allowed = [[1, 2, 3, 200], undefined, [5, 128, 256]];
      const items = tracks.map((track, index) => {
        const mask = allowed[index] && maskOf(allowed[index], vocabularySize);
        return track.item(session.tokens(2, index), { want: "last", ...(mask && { mask }) });
      });
      const results = await session.evaluate(items);
      for (const [index, track] of tracks.entries()) {
        track.appended(session.tokens(2, index));
        const open = allowed[index];
        if (open === undefined) track.expectScores(results[index]!.scores!);
        else expectMaskedScores(session, track, results[index]!.scores!, open);
      }
    },
  },
];
