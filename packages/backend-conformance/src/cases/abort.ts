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

/**
 * A signal that aborts when it is asked for the `count`th time, so that every point at which a backend looks is tried,
 * whatever the machine's speed. It fires no event: a backend that only listens for one finishes.
 */
function abortAtQuery(count: number) {
  const reason = new Error("no longer wanted");
  const { signal } = new AbortController();
  const state = { signal, reason, aborted: false, settled: false };
  let queries = 0;
  const query = () => {
    if (!state.settled) queries++;
    state.aborted ||= queries >= count;
    return state.aborted;
  };
  Object.defineProperties(signal, {
    aborted: { get: query },
    reason: { get: () => (state.aborted ? reason : undefined) },
    throwIfAborted: {
      value: () => {
        if (query()) throw reason;
      },
    },
  });
  return state;
}

/** Evaluates two tokens a track with an abort at the `count`th query; false when no more than that were made. */
async function abortOnce(session: Session, tracks: readonly Track[], count: number): Promise<boolean> {
  const texts = tracks.map((_, index) => session.tokens(2, index + 7));
  const items = () => tracks.map((track, index) => track.item(texts[index]!, { want: "last" }));
  const state = abortAtQuery(count);
  const [outcome] = await Promise.allSettled([
    session.evaluate(items(), state.signal).finally(() => {
      state.settled = true;
    }),
  ]);
  const when = `after an abort at query ${count} of the signal`;
  if (outcome.status === "rejected") {
    if (!state.aborted) throw outcome.reason;
    const isReason = outcome.reason === state.reason;
    expectThat(isReason, `an aborted doEvaluate rejects with the signal's own reason, got ${show(outcome.reason)}`);
    for (const [index, track] of tracks.entries()) track.expectPosition(`of item ${index} ${when}`);
  }
  const results = outcome.status === "fulfilled" ? outcome.value : await session.evaluate(items());
  for (const [index, track] of tracks.entries()) {
    const before = track.tokens.length;
    track.appended(texts[index]!);
    track.expectScores(results[index]!.scores!, `scores of item ${index} ${state.aborted ? when : "without an abort"}`);
    track.truncate(before);
  }
  return state.aborted;
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
    name: "abort/at each query of the signal",
    async run(context) {
      const session = await context.start();
      session.needs({ sequences: 2, batchTokens: 4 });
      const tracks = [await session.track(), await session.track()];
      for (const [index, track] of tracks.entries()) await track.feed(session.tokens(3 - index, index + 1));
      for (let count = 1; count <= 200; count++) {
        if (!(await abortOnce(session, tracks, count))) break;
      }
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
