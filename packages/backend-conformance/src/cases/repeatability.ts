import type { BackendCase } from "../backend-context.ts";
import { expectSameNumbers } from "../expect.ts";

export const repeatabilityCases: readonly BackendCase[] = [
  {
    name: "repeatability/the same calls give the same bits",
    async run(context) {
      const session = await context.start();
      const runs: Float32Array[][] = [];
      for (let run = 0; run < 3; run++) {
        const track = await session.track();
        const scores = [await track.check(session.tokens(9))];
        for (const token of session.tokens(3, 2)) scores.push(await track.check([token]));
        runs.push(scores);
        track.sequence.dispose();
      }
      for (const [index, scores] of runs.slice(1).entries()) {
        for (const [step, row] of scores.entries()) {
          expectSameNumbers(row, runs[0]![step]!, `scores of step ${step} in run ${index + 2}`);
        }
      }
    },
  },
  {
    name: "repeatability/after truncation to the start",
    async run(context) {
      const session = await context.start();
      const track = await session.track();
      const first = await track.check(session.tokens(9));
      track.truncate(0);
      expectSameNumbers(await track.check(session.tokens(9)), first, "scores of the second run");
    },
  },
];
