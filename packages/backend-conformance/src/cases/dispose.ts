import type { BackendCase } from "../backend-context.ts";

export const disposeCases: readonly BackendCase[] = [
  {
    name: "dispose/a sequence twice",
    async run(context) {
      const session = await context.start();
      session.needs({ sequences: 2 });
      const [one, two] = [await session.track(), await session.track()];
      await one.feed(session.tokens(3));
      await two.feed(session.tokens(4, 2));
      one.sequence.dispose();
      one.sequence.dispose();
      const three = await session.track(); // must not share what a second dispose would have freed again
      await three.feed(session.tokens(2, 3));
      one.sequence.dispose();
      await two.check(session.tokens(2, 4), "scores of a sequence that stayed");
      await three.check(session.tokens(2, 5), "scores of a new sequence");
    },
  },
  {
    name: "dispose/a model with living sequences, which may be disposed of later",
    async run(context) {
      const session = await context.start();
      const track = await session.track();
      await track.feed(session.tokens(3));
      await context.dispose(session.model);
      track.sequence.dispose();
    },
  },
  {
    name: "dispose/and load again, many times",
    async run(context) {
      for (let round = 0; round < 5; round++) {
        const session = await context.start({ seed: round });
        await (await session.track()).check(session.tokens(4, round));
        await context.dispose(session.model);
      }
    },
  },
  {
    name: "dispose/sequences come and go",
    async run(context) {
      const session = await context.start();
      for (let round = 0; round < 3 * session.model.capabilities.maxSequences; round++) {
        const track = await session.track();
        track.expectPosition("of a new sequence");
        await track.check(session.tokens(1 + (round % 4), round));
        track.sequence.dispose();
      }
    },
  },
];
