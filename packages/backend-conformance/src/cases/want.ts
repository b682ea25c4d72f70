import type { BatchResult, Want } from "@bayling/core/backend";
import type { BackendCase, Session, Track } from "../backend-context.ts";
import { logProbabilityMargin, logSoftmax, valueError } from "../compare.ts";
import { expectEqual, expectThat } from "../expect.ts";
import { describeWorst, rowAndColumn } from "../worst-element.ts";

async function evaluateOne(
  session: Session,
  track: Track,
  tokens: readonly number[],
  want: Want,
): Promise<BatchResult> {
  session.needs({ batchTokens: tokens.length });
  const [result] = await session.evaluate([track.item(tokens, { want })]);
  track.appended(tokens);
  return result!;
}

/** Only the field that was wanted is there. */
function expectOnly(result: BatchResult, field: keyof BatchResult | undefined): void {
  for (const name of ["scores", "top", "embedding", "sampled"] as const) {
    expectEqual(result[name] !== undefined, name === field, `result has ${name}`);
  }
}

function expectTop(session: Session, track: Track, result: BatchResult, top: number, ids: readonly number[]): void {
  expectOnly(result, "top");
  const scores = result.top!;
  const reference = logSoftmax(session.reference.last(track.tokens));
  const margin = logProbabilityMargin(reference, session.context.bound);
  expectEqual(scores.ids.length, top, "number of top ids");
  expectEqual(scores.logProbabilities.length, top, "number of top log-probabilities");
  expectEqual(new Set(scores.ids).size, top, "number of different top ids");
  const best = Float64Array.from(reference).sort().reverse();
  for (const [rank, id] of scores.ids.entries()) {
    const value = scores.logProbabilities[rank]!;
    expectNear(value, reference[id]!, margin, `log-probability of token ${id} at rank ${rank}`);
    expectNear(value, best[rank]!, margin, `log-probability at rank ${rank}`);
    if (rank > 0) expectThat(value <= scores.logProbabilities[rank - 1]!, `rank ${rank} is better than the one before`);
  }
  expectEqual(scores.selected.length, ids.length, "number of selected log-probabilities");
  for (const [index, id] of ids.entries()) {
    expectNear(scores.selected[index]!, reference[id]!, margin, `selected log-probability of token ${id}`);
  }
}

function expectNear(actual: number, expected: number, margin: number, what: string): void {
  expectThat(Math.abs(actual - expected) <= margin, `${what}: expected ${expected} within ${margin}, got ${actual}`);
}

export const wantCases: readonly BackendCase[] = [
  {
    name: "want/none returns nothing",
    async run(context) {
      const session = await context.start();
      const track = await session.track();
      expectOnly(await evaluateOne(session, track, session.tokens(3), "none"), undefined);
      await track.check(session.tokens(2, 2));
    },
  },
  {
    name: "want/last returns one row",
    async run(context) {
      const session = await context.start();
      const track = await session.track();
      const result = await evaluateOne(session, track, session.tokens(4), "last");
      expectOnly(result, "scores");
      track.expectScores(result.scores!);
    },
  },
  {
    name: "want/all returns a row for every token",
    async run(context) {
      const session = await context.start();
      const track = await session.track();
      expectOnly(await evaluateOne(session, track, session.tokens(1), "all"), "scores");
      await track.checkAll(session.tokens(7, 2));
      await track.checkAll(session.tokens(2, 3));
    },
  },
  {
    name: "want/embedding returns the final hidden states",
    async run(context) {
      const session = await context.start();
      session.needsCapability("embeddings");
      const track = await session.track();
      for (const tokens of [session.tokens(4), session.tokens(1, 2)]) {
        const result = await evaluateOne(session, track, tokens, "embedding");
        expectOnly(result, "embedding");
        const rows = session.reference.evaluate(track.tokens).hidden.slice(-tokens.length);
        const expected = Float64Array.from(rows.flatMap((row) => [...row]));
        expectEqual(result.embedding!.length, expected.length, "number of embedding elements");
        const error = valueError(result.embedding!, expected);
        context.measure(error);
        const worst = () => describeWorst(result.embedding!, expected, rowAndColumn(session.tiny.config.hiddenSize));
        if (error > context.bound) {
          throw new Error(`embedding: ${worst()} (NMSE ${error.toExponential(2)}, at most ${context.bound})`);
        }
      }
      await track.check(session.tokens(2, 3));
    },
  },
  ...[1, 5, 257].map(
    (top): BackendCase => ({
      name: `want/top ${top}`,
      async run(context) {
        const session = await context.start();
        session.needsCapability("top");
        const track = await session.track();
        const result = await evaluateOne(session, track, session.tokens(3), { top });
        expectTop(session, track, result, top, []);
        await track.check(session.tokens(2, 2));
      },
    }),
  ),
  {
    name: "want/top with ids",
    async run(context) {
      const session = await context.start();
      session.needsCapability("top");
      const track = await session.track();
      const ids = [256, 0, 31, 32, 31];
      const result = await evaluateOne(session, track, session.tokens(3), { top: 4, ids });
      expectTop(session, track, result, 4, ids);
      const only = await evaluateOne(session, track, session.tokens(1, 2), { top: 0, ids });
      expectTop(session, track, only, 0, ids);
    },
  },
  {
    name: "want/different wants in one batch",
    async run(context) {
      const session = await context.start();
      session.needs({ sequences: 3, batchTokens: 9 });
      const tracks = [await session.track(), await session.track(), await session.track()] as const;
      const texts = [session.tokens(2, 4), session.tokens(4, 5), session.tokens(3, 6)] as const;
      const wants = ["all", "none", "last"] as const;
      const results = await session.evaluate(tracks.map((track, i) => track.item(texts[i]!, { want: wants[i]! })));
      for (const [index, track] of tracks.entries()) track.appended(texts[index]!);
      expectEqual(results[0]!.scores?.length, 2 * session.tiny.config.vocabularySize, "scores of want all");
      tracks[0].expectScores(results[0]!.scores!.subarray(session.tiny.config.vocabularySize), "scores of want all");
      expectOnly(results[1]!, undefined);
      expectOnly(results[2]!, "scores");
      tracks[2].expectScores(results[2]!.scores!, "scores of want last");
      await tracks[1].check(session.tokens(1, 7));
    },
  },
];
