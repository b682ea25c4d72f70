import type { BackendCase } from "../backend-context.ts";
import { expectErrorCode } from "../expect.ts";

/** More positions than this are not tried: the float64 reference is slow. */
const mostPositions = 600;

export const limitCases: readonly BackendCase[] = [
  {
    name: "limits/a batch of exactly maxBatchTokens",
    async run(context) {
      const config = { numHiddenLayers: 1, hiddenSize: 24, intermediateSize: 32, vocabularySize: 64 };
      const session = await context.start({ config }, { contextLength: mostPositions });
      const { maxBatchTokens, contextLength } = session.model.capabilities;
      const tokens = session.tokens(Math.min(maxBatchTokens, contextLength));
      const track = await session.track();
      const [result] = await session.evaluate([track.item(tokens, { want: "last" })]);
      track.appended(tokens);
      track.expectScores(result!.scores!);
    },
  },
  {
    name: "limits/the context filled to the last position",
    async run(context) {
      const session = await context.start({}, { contextLength: 17 });
      const { contextLength } = session.model.capabilities;
      const track = await session.track();
      await track.feed(session.tokens(contextLength - 1));
      await track.check(session.tokens(1, 2), "scores at the last position");
      track.truncate(contextLength - 3);
      await track.checkAll(session.tokens(3, 3), "scores of the last positions");
    },
  },
  {
    name: "limits/every sequence full at once",
    async run(context) {
      const session = await context.start({}, { contextLength: 11, maxSequences: 3 });
      const { contextLength, maxSequences } = session.model.capabilities;
      const tracks = [];
      for (let index = 0; index < maxSequences; index++) {
        const track = await session.track();
        await track.feed(session.tokens(contextLength - 1, index));
        tracks.push(track);
      }
      for (const track of tracks) await track.check(session.tokens(1, 9));
    },
  },
  {
    name: "limits/one sequence more than maxSequences",
    async run(context) {
      const session = await context.start({}, { maxSequences: 2 });
      const { maxSequences } = session.model.capabilities;
      const tracks = [];
      for (let index = 0; index < maxSequences; index++) tracks.push(await session.track());
      await tracks[0]!.feed(session.tokens(4));
      await expectErrorCode(session.track(), "sequence-limit", "doCreateSequence beyond maxSequences");
      tracks.at(-1)!.sequence.dispose();
      const next = await session.track();
      next.expectPosition("of a sequence in a freed place");
      await next.check(session.tokens(3, 2), "scores of a sequence in a freed place");
      if (maxSequences > 1) await tracks[0]!.check(session.tokens(2, 3), "scores of a sequence that stayed");
    },
  },
];
