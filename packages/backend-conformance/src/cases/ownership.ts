import type { BackendCase } from "../backend-context.ts";
import { expectSameNumbers } from "../expect.ts";

export const ownershipCases: readonly BackendCase[] = [
  {
    name: "ownership/results stay as they are",
    async run(context) {
      const session = await context.start();
      const track = await session.track();
      const first = await track.check(session.tokens(4));
      const copy = first.slice();
      await track.check(session.tokens(1, 2));
      await track.check(session.tokens(3, 3));
      expectSameNumbers(first, copy, "scores of an earlier call");
    },
  },
  {
    name: "ownership/writing into a result has no effect",
    async run(context) {
      const session = await context.start();
      const track = await session.track();
      (await track.check(session.tokens(4))).fill(Number.NaN);
      (await track.check(session.tokens(1, 2))).fill(Number.NaN);
      await track.check(session.tokens(1, 3));
    },
  },
  {
    name: "ownership/items of a batch do not share memory",
    async run(context) {
      const session = await context.start();
      session.needs({ sequences: 2, batchTokens: 4 });
      const [one, two] = [await session.track(), await session.track()];
      const tokens = session.tokens(2);
      const results = await session.evaluate([one.item(tokens, { want: "last" }), two.item(tokens, { want: "all" })]);
      one.appended(tokens);
      two.appended(tokens);
      results[1]!.scores!.fill(Number.NaN);
      one.expectScores(results[0]!.scores!);
    },
  },
  {
    name: "ownership/tokens belong to the caller",
    async run(context) {
      const session = await context.start();
      session.needs({ batchTokens: 4 });
      const track = await session.track();
      const tokens = session.tokens(4);
      const item = track.item(tokens, { want: "none" });
      await session.evaluate([item]);
      expectSameNumbers(item.tokens, tokens, "tokens after the call");
      item.tokens.fill(0);
      track.appended(tokens);
      await track.check(session.tokens(2, 2));
    },
  },
];
