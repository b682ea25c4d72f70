import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { paintFor } from "./paint.ts";

const stream = (isTTY: boolean) => Object.assign(new PassThrough(), { isTTY });
const isPainted = (isTTY: boolean, env: Record<string, string>) => paintFor(stream(isTTY), env)("red", "x") !== "x";

test("colours are for terminals", () => {
  expect(isPainted(true, {})).toBe(true);
  expect(isPainted(false, {})).toBe(false);
  expect(isPainted(true, { TERM: "dumb" })).toBe(false);
});

test("NO_COLOR and FORCE_COLOR decide, unless they are empty", () => {
  expect(isPainted(true, { NO_COLOR: "1" })).toBe(false);
  expect(isPainted(true, { NO_COLOR: "" })).toBe(true);
  expect(isPainted(false, { FORCE_COLOR: "1" })).toBe(true);
  expect(isPainted(true, { FORCE_COLOR: "0" })).toBe(false);
  expect(isPainted(false, { FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(true);
});
