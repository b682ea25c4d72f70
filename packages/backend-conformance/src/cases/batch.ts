import type { BackendCase, Session, Track } from "../backend-context.ts";

/** Evaluates one item a track in one call, and compares the scores after the last token of each. */
async function checkTogether(session: Session, tracks: readonly Track[], texts: readonly number[][]): Promise<void> {
  const results = await session.evaluate(tracks.map((track, index) => track.item(texts[index]!, { want: "last" })));
  for (const [index, track] of tracks.entries()) {
    track.appended(texts[index]!);
    track.expectScores(results[index]!.scores!, `scores of item ${index}`);
  }
}

export const batchCases: readonly BackendCase[] = [
  {
    name: "batch/equals one by one",
    async run(context) {
      const session = await context.start();
      session.needs({ sequences: 3, batchTokens: 10 });
      const tracks = [await session.track(), await session.track(), await session.track()];
      await checkTogether(session, tracks, [session.tokens(3, 1), session.tokens(5, 2), session.tokens(2, 3)]);
      await checkTogether(session, tracks, [session.tokens(1, 4), session.tokens(1, 5), session.tokens(1, 6)]);
    },
  },
  {
    name: "batch/sequences at different positions",
    async run(context) {
      const session = await context.start({ config: { slidingWindow: 6 } });
      session.needs({ sequences: 4, batchTokens: 8, positions: 24 });
      const tracks = [await session.track(), await session.track(), await session.track(), await session.track()];
      await tracks[1]!.feed(session.tokens(3, 1));
      await tracks[2]!.feed(session.tokens(11, 2));
      await tracks[3]!.feed(session.tokens(1, 3));
      const texts = [session.tokens(3, 4), session.tokens(1, 5), session.tokens(2, 6), session.tokens(2, 7)];
      await checkTogether(session, tracks, texts);
    },
  },
  {
    name: "batch/in any order, with some left out",
    async run(context) {
      const session = await context.start();
      session.needs({ sequences: 4, batchTokens: 8 });
      const tracks = [await session.track(), await session.track(), await session.track(), await session.track()];
      for (const [index, track] of tracks.entries()) await track.feed(session.tokens(1 + index, index));
      await checkTogether(
        session,
        tracks.toReversed(),
        [1, 2, 3, 4].map((seed) => session.tokens(1, seed)),
      );
      await checkTogether(session, [tracks[2]!, tracks[0]!], [session.tokens(2, 5), session.tokens(1, 6)]);
      await checkTogether(session, [tracks[1]!], [session.tokens(2, 7)]);
      await checkTogether(
        session,
        tracks,
        [1, 2, 3, 4].map((seed) => session.tokens(2, seed)),
      );
    },
  },
  {
    name: "batch/the same tokens in every sequence",
    async run(context) {
      const session = await context.start();
      session.needs({ sequences: 2, batchTokens: 8 });
      const tracks = [await session.track(), await session.track()];
      await checkTogether(session, tracks, [session.tokens(4), session.tokens(4)]);
    },
  },
];
