import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../testing/tiny-file.ts";
import { journalPath, ResumableOutput, type RunIdentity } from "./resumable-output.ts";

const folder = temporaryFolder();
let files = 0;
const newPath = () => path.join(folder, `out-${++files}.txt`);
const identity: RunIdentity = { input: "abc", options: { "--beams": 5, "--seed": undefined } };

const lines = ["ein Tag\n", "\n", "日本 🙂\n", "a\r\n", "last"];
const contexts = lines.map((written, index) => [{ source: `${index}`, translation: written }]);

/** Writes the lines that are missing, the first `count` of all. */
async function run(file: string, count: number, about = identity): Promise<ResumableOutput["done"]> {
  const output = await ResumableOutput.open(file, about, false);
  const done = [...output.done];
  for (let index = done.length; index < count; index++) {
    await output.write({ line: index + 1, written: lines[index]!, context: contexts[index]! });
  }
  await output.close();
  return done;
}

test("cut anywhere, the output becomes what it would have been, and no line is lost or repeated", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 5 }), fc.nat(), fc.nat(), async (count, outputCut, journalCut) => {
      const file = newPath();
      await run(file, count);
      const whole = readFileSync(journalPath(file));
      const header = whole.indexOf(0x0a) + 1;
      // A kill cuts the end of the journal, of the output, or of both.
      truncateSync(journalPath(file), header + (journalCut % (whole.length - header + 1)));
      truncateSync(file, outputCut % (statSync(file).size + 1));
      const complete = Math.min(...[file, journalPath(file)].map((name) => countOf(name)));
      const done = await run(file, lines.length);
      expect(readFileSync(file, "utf8")).toBe(lines.join(""));
      expect(done.length).toBeLessThanOrEqual(complete);
      expect(done.map(({ line, context }) => ({ line, context }))).toEqual(
        done.map((_, index) => ({ line: index + 1, context: contexts[index] })),
      );
    }),
  );
});

/** Lines that are whole; the journal has a header. */
function countOf(file: string): number {
  const text = readFileSync(file, "utf8");
  if (file.endsWith(".progress")) return text.split("\n").length - 2;
  return text.endsWith("last") ? lines.length : text.split("\n").length - 1;
}

test("when all lines are complete, the journal goes", async () => {
  const file = newPath();
  await run(file, lines.length);
  const output = await ResumableOutput.open(file, identity, false);
  expect(output.done).toHaveLength(lines.length);
  await output.complete();
  await output.close();
  expect(existsSync(journalPath(file))).toBe(false);
  await expect(ResumableOutput.open(file, identity, false)).rejects.toThrow("is there already");
});

test("a file that is empty is as good as none", async () => {
  const file = newPath();
  writeFileSync(file, "");
  expect(await run(file, 1)).toEqual([]);
});

test("another input, other options and a changed output are refused, with what to do; --overwrite begins anew", async () => {
  const file = newPath();
  await run(file, 3);
  const before = readFileSync(file);
  await expect(run(file, 5, { ...identity, input: "abd" })).rejects.toThrow(/the input is not .* --overwrite/);
  const options = { "--beams": 4 };
  await expect(run(file, 5, { ...identity, options })).rejects.toThrow("another --beams: 5, and now 4");
  const more = { ...identity.options, "--words": true };
  await expect(run(file, 5, { ...identity, options: more })).rejects.toThrow("another --words: none, and now true");
  expect(readFileSync(file)).toEqual(before);
  writeFileSync(file, before.toString().replace("ein", "der"));
  await expect(run(file, 5)).rejects.toThrow("was changed");
  const anew = await ResumableOutput.open(file, identity, true);
  expect(anew.done).toEqual([]);
  await anew.close();
  expect(readFileSync(file, "utf8")).toBe("");
});

test("a journal that somebody wrote into is refused, and nothing is changed", async () => {
  for (const broken of ["nonsense\n", "{}\n", '{"line":1,"bytes":-1}\n', "null\n"]) {
    const file = newPath();
    await run(file, 2);
    const journal = readFileSync(journalPath(file), "utf8");
    const header = journal.split("\n")[0]!;
    for (const text of [broken, `${header}\n${broken}`]) {
      writeFileSync(journalPath(file), text);
      await expect(run(file, 5)).rejects.toThrow("cannot be read");
      expect(readFileSync(file, "utf8")).toBe(lines.slice(0, 2).join(""));
    }
  }
});

test("a folder, and a place that is not there, cannot be written", async () => {
  await expect(ResumableOutput.open(folder, identity, false)).rejects.toThrow("it is no file");
  const nowhere = path.join(folder, "none", "out.txt");
  await expect(ResumableOutput.open(nowhere, identity, false)).rejects.toMatchObject({ code: "sink-unwritable" });
});
