import type { BackendCase } from "../backend-context.ts";
import { expectEqual, expectThat } from "../expect.ts";

export const capabilityCases: readonly BackendCase[] = [
  {
    name: "capabilities/are complete and within what was asked",
    async run(context) {
      const { model } = await context.start({}, { contextLength: 48, maxSequences: 3 });
      const { capabilities } = model;
      for (const flag of ["fork", "deviceSampling", "masks", "top", "embeddings"] as const) {
        expectEqual(typeof capabilities[flag], "boolean", `type of capabilities.${flag}`);
      }
      const limits = { maxSequences: 3, contextLength: 48, maxBatchTokens: Infinity };
      for (const [limit, asked] of Object.entries(limits) as [keyof typeof limits, number][]) {
        const granted = capabilities[limit];
        expectThat(Number.isInteger(granted) && granted >= 1, `capabilities.${limit} is ${granted}`);
        expectThat(granted <= asked, `capabilities.${limit} is ${granted}, more than the ${asked} asked for`);
      }
    },
  },
  {
    name: "capabilities/doFork is there exactly when declared",
    async run(context) {
      const { model } = await context.start();
      const sequence = await model.doCreateSequence();
      expectEqual(typeof sequence.doFork === "function", model.capabilities.fork, "doFork present");
    },
  },
  {
    name: "capabilities/a new sequence is at position 0",
    async run(context) {
      const session = await context.start();
      (await session.track()).expectPosition("of a new sequence");
    },
  },
];
