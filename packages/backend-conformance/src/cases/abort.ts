import type { BackendCase, Session, Track } from "../backend-context.ts";
import { expectAbort, expectEqual, expectThat, show } from "../expect.ts";

/** Aborts `after` a while; whichever comes first, the sequence must agree with the outcome. */
async function abortWithin(
  session: Session,
  track: Track,
  tokens: number[],
  after: () => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const before = track.sequence.position;
  const running = session.evaluate([track.item(tokens, { want: "last" })], controller.signal);
  const settled = Promise.allSettled([running]);
  await after();
  controller.abort(new Error("no longer wanted"));
  const [outcome] = await settled;
  if (outcome.status === "fulfilled") {
    track.appended(tokens);
    track.expectScores(outcome.value[0]!.scores!);
  } else {
    const isReason = outcome.reason === controller.signal.reason;
    expectThat(isReason, `an aborted doEvaluate rejects with the signal's own reason, got ${show(outcome.reason)}`);
    expectEqual(track.sequence.position, before, "position after an abort");
  }
}

const moments: Readonly<Record<string, () => Promise<void>>> = {
  "in the same turn": () => Promise.resolve(),
  "in the next turn": () => new Promise((resolve) => setTimeout(resolve, 0)),
  "a little later": () => new Promise((resolve) => setTimeout(resolve, 3)),
};

export const abortCases: readonly BackendCase[] = [
  {
    name: "abort/before the call",
    async run(context) {
      const session = await context.start();
      const track = await session.track();
      await track.feed(session.tokens(4));
      const signal = AbortSignal.abort(new Error("no longer wanted"));
      const aborted = session.evaluate([track.item(session.tokens(1, 2), { want: "last" })], signal);
      await expectAbort(aborted, signal, "doEvaluate");
      track.expectPosition("after an abort");
      await track.check(session.tokens(3, 3), "scores after an abort");
    },
  },
  ...Object.entries(moments).map(
    ([name, moment]): BackendCase => ({
      name: `abort/${name}`,
      async run(context) {
        const session = await context.start({ config: { numHiddenLayers: 4 } });
        const track = await session.track();
        await track.feed(session.tokens(3));
        const length = Math.min(
          40,
          session.model.capabilities.maxBatchTokens,
          session.model.capabilities.contextLength - 6,
        );
        await abortWithin(session, track, session.tokens(length, 2), moment);
        await track.check(session.tokens(3, 3), "scores after an abort");
      },
    }),
  ),
  {
    name: "abort/every sequence of the batch goes back",
    async run(context) {
      const session = await context.start();
      session.needs({ sequences: 3, batchTokens: 6 });
      const tracks = [await session.track(), await session.track(), await session.track()];
      for (const [index, track] of tracks.entries()) await track.feed(session.tokens(index + 1, index));
      const signal = AbortSignal.abort(new Error("no longer wanted"));
      const items = tracks.map((track) => track.item(session.tokens(2, 7), { want: "last" }));
      await expectAbort(session.evaluate(items, signal), signal, "doEvaluate");
      for (const track of tracks) track.expectPosition("after an abort");
      for (const track of tracks) await track.check(session.tokens(2, 8), "scores after an abort");
    },
  },
  {
    name: "abort/after the call has no effect",
    async run(context) {
      const session = await context.start();
      const track = await session.track();
      const controller = new AbortController();
      const tokens = session.tokens(1);
      const [result] = await session.evaluate([track.item(tokens, { want: "last" })], controller.signal);
      controller.abort();
      track.appended(tokens);
      track.expectScores(result!.scores!);
      await track.check(session.tokens(2, 2));
    },
  },
];
