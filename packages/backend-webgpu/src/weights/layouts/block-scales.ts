import type { WeightStream } from "../weight-layout.ts";

/** Five words a super-block of 8 units: one or two halves, then a byte for each half unit. */
export const blockScales: WeightStream = {
  name: "weightScales",
  type: "array<u32>",
  bytes: (units) => (units / 8) * 20,
};
