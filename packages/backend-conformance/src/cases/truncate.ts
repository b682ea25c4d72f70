import type { BackendCase } from "../backend-context.ts";

export const truncateCases: readonly BackendCase[] = [
  ...[0, 1, 6, 8].map(
    (position): BackendCase => ({
      name: `truncate/from 9 to ${position}, then on differently`,
      async run(context) {
        const session = await context.start();
        const track = await session.track();
        await track.feed(session.tokens(9));
        track.truncate(position);
        await track.checkAll(session.tokens(5, 2));
        await track.check(session.tokens(1, 3));
      },
    }),
  ),
  {
    name: "truncate/to the current position changes nothing",
    async run(context) {
      const session = await context.start();
      const track = await session.track();
      track.truncate(0);
      await track.feed(session.tokens(5));
      track.truncate(5);
      await track.check(session.tokens(2, 2));
    },
  },
  {
    name: "truncate/again and again",
    async run(context) {
      const session = await context.start();
      const track = await session.track();
      await track.feed(session.tokens(12));
      for (const position of [10, 7, 7, 3, 0]) {
        track.truncate(position);
        await track.check(session.tokens(2, position));
        track.truncate(position);
      }
      await track.checkAll(session.tokens(4, 5));
    },
  },
  {
    name: "truncate/within a sliding window",
    async run(context) {
      const session = await context.start({ config: { slidingWindow: 4 } });
      const track = await session.track();
      await track.feed(session.tokens(14));
      track.truncate(5);
      await track.checkAll(session.tokens(6, 2));
    },
  },
  {
    name: "truncate/leaves other sequences alone",
    async run(context) {
      const session = await context.start();
      session.needs({ sequences: 2 });
      const [one, two] = [await session.track(), await session.track()];
      await one.feed(session.tokens(6, 1));
      await two.feed(session.tokens(6, 2));
      one.truncate(2);
      await one.feed(session.tokens(5, 3));
      await two.check(session.tokens(2, 4));
      await one.check(session.tokens(2, 5));
    },
  },
];
