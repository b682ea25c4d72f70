import { expect, test } from "vitest";
import { findSnippets } from "./markdown.mjs";

test("finds fenced blocks with their place, language and what follows it", () => {
  const text = ["# Title", "```ts continues", "a();", "", "b();", "```", "text", "~~~", "plain", "~~~"].join("\n");
  expect(findSnippets(text, "x.md")).toEqual([
    { file: "x.md", line: 3, language: "ts", information: "continues", code: "a();\n\nb();\n" },
    { file: "x.md", line: 9, language: "", information: "", code: "plain\n" },
  ]);
});

test("a longer fence holds a shorter one", () => {
  const [outer, ...others] = findSnippets("````md\n```ts\nx\n```\n````\n", "x.md");
  expect(outer.code).toBe("```ts\nx\n```\n");
  expect(others).toEqual([]);
});

test("a block without an end is an error that says where it begins", () => {
  expect(() => findSnippets("text\n```ts\nx\n", "x.md")).toThrow("x.md:2");
});
