import { expect, test } from "vitest";
import { groupLines } from "./message-input.ts";

const isCommand = (line: string) => /^\/(reset|save)\b/.test(line);

test("lines that come at once are one message", () => {
  expect(groupLines(["a"], isCommand)).toEqual(["a"]);
  expect(groupLines(["a", "", "b"], isCommand)).toEqual(["a\n\nb"]);
  expect(groupLines(["", " "], isCommand)).toEqual([]);
});

test("a command among them is one of its own; a path is not a command", () => {
  expect(groupLines(["a", "b", "/reset", "/save x", "c"], isCommand)).toEqual(["a\nb", "/reset", "/save x", "c"]);
  expect(groupLines(["/etc/passwd", "/nothing"], isCommand)).toEqual(["/etc/passwd\n/nothing"]);
});

test("a backslash at the end of a line is only a sign that it goes on", () => {
  expect(groupLines(["a\\", "b"], isCommand)).toEqual(["a\nb"]);
});
