import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { runMain } from "../testing/run-main.ts";
import { sharedFixture } from "../testing/shared-fixture.ts";
import { temporaryFolder, writeTinyFile } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
let model: string;
beforeAll(async () => {
  model = await writeTinyFile(folder, "tiny.gguf");
});

const tokenize = async (...argv: string[]) => (await runMain(["tokenize", model, ...argv])).stdout;

test("one line a token: its id and spelling", async () => {
  const lines = (await tokenize("the big ball")).trimEnd().split("\n");
  expect(lines.map((line) => line.trim().split(/\s+/)[1])).toEqual(["<s>", "▁the", "▁big", "▁ball"]);
  const ids = lines.map((line) => line.trim().split(/\s+/)[0]);
  expect(await tokenize("the big ball", "--ids")).toBe(`${ids.join(" ")}\n`);
  expect(await tokenize("the big ball", "--count")).toBe("4\n");
});

test("--json holds all of it", async () => {
  const document = JSON.parse(await tokenize("the", "--json"));
  expect(document.count).toBe(2);
  expect(document.tokens.map(({ text }: { text: string }) => text)).toEqual(["<s>", "▁the"]);
  expect(document.tokens[0]).toMatchObject({ id: 1, control: true });
  expect(document.ids).toEqual(document.tokens.map(({ id }: { id: number }) => id));
});

test("special tokens stay text unless asked for, and BOS can be had or not", async () => {
  expect((await tokenize("</s>", "--no-bos", "--special", "--ids")).trim().split(" ")).toContain("2");
  expect((await tokenize("</s>", "--no-bos", "--ids")).trim().split(" ")).not.toContain("2");
  expect(await tokenize("the", "--bos", "--ids")).toMatch(/^1 /);
  expect(await tokenize("the", "--no-bos", "--ids")).not.toMatch(/^1 /);
});

test("--decode takes what --ids and --json print", async () => {
  const ids = (await tokenize("the big ball", "--ids")).trim();
  expect(await tokenize("--decode", ids)).toBe("the big ball\n");
  expect(await tokenize("--decode", ...ids.split(" "))).toBe("the big ball\n");
  expect(await tokenize("--decode", JSON.stringify(ids.split(" ").map(Number)))).toBe("the big ball\n");
  expect(await tokenize("--decode", "--special", ids)).toContain("<s>");
  expect(JSON.parse(await tokenize("--decode", "--json", ids))).toEqual({ text: "the big ball" });
});

test("ids that are none are wrong usage; ids that the vocabulary lacks are a failure", async () => {
  expect(await runMain(["tokenize", model, "--decode", "1 two"])).toMatchObject({ code: 2 });
  const outside = await runMain(["tokenize", model, "--decode", "99999"]);
  expect(outside.code).toBe(1);
  expect(outside.stderr).toContain("[token-out-of-range]");
});

test("any text that is piped in comes back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), async (text) => {
      // U+2581 is how SentencePiece spells a space.
      fc.pre(!text.includes("\u2581"));
      const ids = (await runMain(["tokenize", model, "--ids"], { stdin: `${text}\n` })).stdout;
      expect((await runMain(["tokenize", model, "--decode"], { stdin: ids })).stdout).toBe(`${text}\n`);
    }),
    { numRuns: 30 },
  );
});

test("control characters of a vocabulary are spelled out", async () => {
  expect(await tokenize("\u001b[2J")).not.toContain("\u001b");
});

const folderOfSafetensors = sharedFixture("fixtures/families/llama-plain-hf");

test.skipIf(folderOfSafetensors === undefined)("takes the tokenizer of a folder of safetensors", async () => {
  const ids = async (source: string) => (await runMain(["tokenize", source, "--ids", "Once upon a time"])).stdout;
  const expected = await ids(sharedFixture("fixtures/families/llama-plain.gguf")!);
  expect(expected).toMatch(/^1( \d+)+\n$/);
  expect(await ids(folderOfSafetensors!)).toBe(expected);
  expect(await ids(`${folderOfSafetensors}/tokenizer.json`)).toBe(expected);
});
