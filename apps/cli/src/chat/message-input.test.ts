import { expect, test } from "vitest";
import { groupLines } from "./message-input.ts";

test("lines that come at once are one message", () => {
  expect(groupLines(["a"])).toEqual(["a"]);
  expect(groupLines(["a", "", "b"])).toEqual(["a\n\nb"]);
  expect(groupLines(["", " "])).toEqual([]);
});

test("a command among them is one of its own; a path is not a command", () => {
  expect(groupLines(["a", "b", "/reset", "/save x", "c"])).toEqual(["a\nb", "/reset", "/save x", "c"]);
  expect(groupLines(["/etc/passwd", "/nothing"])).toEqual(["/etc/passwd\n/nothing"]);
});

test("a backslash at the end of a line is only a sign that it goes on", () => {
  expect(groupLines(["a\\", "b"])).toEqual(["a\nb"]);
});
