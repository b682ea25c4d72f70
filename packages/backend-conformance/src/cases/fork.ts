import type { BackendCase, BackendContext, Session } from "../backend-context.ts";
import { expectErrorCode } from "../expect.ts";

async function start(context: BackendContext, sequences: number): Promise<Session> {
  const session = await context.start();
  session.needsCapability("fork");
  session.needs({ sequences });
  return session;
}

export const forkCases: readonly BackendCase[] = [
  {
    name: "fork/goes on where the parent is",
    async run(context) {
      const session = await start(context, 2);
      const parent = await session.track();
      await parent.feed(session.tokens(7));
      const child = await parent.fork();
      await child.checkAll(session.tokens(3, 2));
    },
  },
  {
    name: "fork/parent and child do not see each other",
    async run(context) {
      const session = await start(context, 2);
      const parent = await session.track();
      await parent.feed(session.tokens(5));
      const child = await parent.fork();
      await parent.check(session.tokens(2, 2), "parent's scores");
      await child.check(session.tokens(3, 3), "child's scores");
      await parent.check(session.tokens(2, 4), "parent's scores after the child went on");
      await child.check(session.tokens(1, 5), "child's scores after the parent went on");
    },
  },
  {
    name: "fork/truncating one leaves the other",
    async run(context) {
      const session = await start(context, 2);
      const parent = await session.track();
      await parent.feed(session.tokens(8));
      const child = await parent.fork();
      child.truncate(3);
      await child.check(session.tokens(6, 2), "child's scores");
      await parent.check(session.tokens(2, 3), "parent's scores");
      parent.truncate(1);
      await parent.check(session.tokens(9, 4), "parent's scores");
      await child.check(session.tokens(1, 5), "child's scores");
    },
  },
  {
    name: "fork/of a fork",
    async run(context) {
      const session = await start(context, 3);
      const parent = await session.track();
      await parent.feed(session.tokens(4));
      const child = await parent.fork();
      await child.feed(session.tokens(2, 2));
      const grandchild = await child.fork();
      await grandchild.check(session.tokens(2, 3), "grandchild's scores");
      await child.check(session.tokens(3, 4), "child's scores");
      await parent.check(session.tokens(2, 5), "parent's scores");
      await grandchild.check(session.tokens(2, 6), "grandchild's scores");
    },
  },
  {
    name: "fork/outlives its parent",
    async run(context) {
      const session = await start(context, 2);
      const parent = await session.track();
      await parent.feed(session.tokens(6));
      const child = await parent.fork();
      parent.sequence.dispose();
      const other = await session.track(); // takes the parent's place, and perhaps its memory
      await other.check(session.tokens(6, 2), "scores of a new sequence");
      await child.check(session.tokens(3, 3), "child's scores");
    },
  },
  {
    name: "fork/parent outlives the child",
    async run(context) {
      const session = await start(context, 2);
      const parent = await session.track();
      await parent.feed(session.tokens(6));
      const child = await parent.fork();
      await child.feed(session.tokens(2, 2));
      child.sequence.dispose();
      await parent.check(session.tokens(3, 3), "parent's scores");
    },
  },
  {
    name: "fork/of an empty sequence",
    async run(context) {
      const session = await start(context, 2);
      const child = await (await session.track()).fork();
      await child.check(session.tokens(4));
    },
  },
  {
    name: "fork/together in one batch",
    async run(context) {
      const session = await start(context, 3);
      session.needs({ sequences: 3, batchTokens: 3 });
      const parent = await session.track();
      await parent.feed(session.tokens(5));
      const tracks = [parent, await parent.fork(), await parent.fork()];
      for (let step = 0; step < 3; step++) {
        const results = await session.evaluate(
          tracks.map((track, index) => track.item(session.tokens(1, 10 * step + index), { want: "last" })),
        );
        for (const [index, track] of tracks.entries()) {
          track.appended(session.tokens(1, 10 * step + index));
          track.expectScores(results[index]!.scores!, `scores of branch ${index}`);
        }
      }
    },
  },
  {
    name: "fork/counts towards maxSequences",
    async run(context) {
      const session = await context.start({}, { maxSequences: 2 });
      session.needsCapability("fork");
      const { maxSequences } = session.model.capabilities;
      const track = await session.track();
      for (let alive = 1; alive < maxSequences; alive++) await session.track();
      await expectErrorCode(track.fork(), "sequence-limit", "doFork beyond maxSequences");
      await track.check(session.tokens(2), "scores after a refused fork");
    },
  },
];
