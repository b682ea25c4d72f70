import { expect, test } from "vitest";
import { alignColumns } from "./table.ts";

test("columns are aligned by what is seen, with no spaces at the end", () => {
  const rows = [
    ["a", "1", "x"],
    ["\u001b[31mlong\u001b[39m", "22", ""],
    ["漢", "333", "y"],
  ];
  expect(alignColumns(rows, [{}, { align: "right" }])).toEqual([
    "a       1  x",
    "\u001b[31mlong\u001b[39m   22",
    "漢    333  y",
  ]);
});

test("rows may be of different lengths", () => {
  expect(alignColumns([["a"], ["bb", "c"]])).toEqual(["a", "bb  c"]);
});
