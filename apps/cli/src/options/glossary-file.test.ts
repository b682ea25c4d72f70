import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../testing/tiny-file.ts";
import { parseGlossary, readGlossary } from "./glossary-file.ts";

const parse = (text: string) => parseGlossary(new TextEncoder().encode(text), "terms.tsv");

test("a line is a source, a tab, and targets; comments and empty lines are none", () => {
  expect(parse("\ufefffile\tDatei\r\n# a comment\n\n  # another\nred pipe\tPipe|rotes Rohr\t\n水\twater")).toEqual([
    { source: "file", targets: ["Datei"] },
    { source: "red pipe", targets: ["Pipe", "rotes Rohr"] },
    { source: "水", targets: ["water"] },
  ]);
  expect(parse("")).toEqual([]);
});

test.each([
  ["file\tDatei\nfile Akte\n", 'terms.tsv:2: expected SOURCE, a tab and TARGET, but there is no tab: "file Akte"'],
  ["a\tb\tc\n", "terms.tsv:1: expected SOURCE, a tab and TARGET[|TARGET…], but there is a second tab"],
  ["# x\n\n\tDatei\n", "terms.tsv:3: the source term is missing"],
  ["file\t\n", 'terms.tsv:1: a translation of "file" is missing'],
  ["file\tDatei||Akte\n", 'terms.tsv:1: a translation of "file" is missing'],
  ["file\tDatei\nfile\tAkte", 'terms.tsv:2: "file" stands in line 1 already: join the two with |'],
  ["file\tDa\u0007tei", "terms.tsv:1: not a term"],
])("%j names the line that cannot be read", (text, message) => {
  expect(() => parse(text)).toThrow(message);
});

test("bytes that are not UTF-8 are an error of their line", () => {
  const latin1 = new Uint8Array([0x61, 0x09, 0x62, 0x0a, 0x63, 0x09, 0xe4, 0x0a]);
  expect(() => parseGlossary(latin1, "terms.tsv")).toThrow("terms.tsv:2: the line is not UTF-8");
});

test("a file that cannot be read says why", async () => {
  const folder = temporaryFolder();
  await expect(readGlossary(path.join(folder, "none.tsv"))).rejects.toThrow("none.tsv: there is no such file");
  await expect(readGlossary(folder)).rejects.toThrow("it is a folder");
  writeFileSync(path.join(folder, "terms.tsv"), "a\tb\n");
  expect(await readGlossary(path.join(folder, "terms.tsv"))).toEqual([{ source: "a", targets: ["b"] }]);
});
