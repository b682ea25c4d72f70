import { expect, test } from "vitest";
import { reorderRows, ropeRowOrder } from "./rope-rows.ts";

test("what turns together lies side by side, or half a head apart", () => {
  const head = { headSize: 8, rotaryDimension: 8 };
  expect(ropeRowOrder(head, "interleaved")).toEqual([0, 4, 1, 5, 2, 6, 3, 7]);
  expect(ropeRowOrder(head, "halves")).toEqual([0, 2, 4, 6, 1, 3, 5, 7]);
});

test("rows that do not turn stay where they are", () => {
  expect(ropeRowOrder({ headSize: 6, rotaryDimension: 4 }, "interleaved")).toEqual([0, 2, 1, 3, 4, 5]);
});

test("rows move within their head, and back", () => {
  const head = { headSize: 4, rotaryDimension: 4 };
  const stored = Uint8Array.from({ length: 16 }, (_, index) => index);
  const moved = reorderRows(stored, 2, ropeRowOrder(head, "interleaved"));
  expect([...moved]).toEqual([0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15]);
  expect(reorderRows(moved, 2, ropeRowOrder(head, "halves"))).toEqual(stored);
});
