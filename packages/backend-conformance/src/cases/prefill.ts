import type { BackendCase } from "../backend-context.ts";

export const prefillCases: readonly BackendCase[] = [1, 2, 3, 7].map((size) => ({
  name: `prefill/in pieces of ${size} equals at once`,
  async run(context) {
    const session = await context.start({ config: { slidingWindow: 9 } });
    session.needs({ positions: 23 });
    const track = await session.track();
    const tokens = session.tokens(22);
    for (let from = 0; from < tokens.length; from += size) await track.checkAll(tokens.slice(from, from + size));
    track.sequence.dispose();
    const whole = await session.track();
    await whole.checkAll(tokens);
  },
}));
