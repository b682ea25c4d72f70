import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { expectError } from "../testing/expect-error.ts";
import { CountingSource, ggufBytes } from "../testing/gguf-bytes.ts";
import {
  byteLevelVocabulary,
  sentencePieceTokenizer,
  sentencePieceVocabulary,
  tokenizerJson,
  vocabularyMetadata,
} from "../testing/vocabularies.ts";
import { loadTokenizer } from "./load-tokenizer.ts";

const folder = await mkdtemp(join(tmpdir(), "bayling-tokenizer-"));
afterAll(() => rm(folder, { recursive: true }));

const gguf = await ggufBytes(vocabularyMetadata("llama", sentencePieceVocabulary));
const json = tokenizerJson("sentencepiece", sentencePieceVocabulary);
// The names say nothing: content decides.
const ggufPath = join(folder, "one.bin");
const jsonPath = join(folder, "two.bin");
await writeFile(ggufPath, gguf);
await writeFile(jsonPath, `\ufeff\n ${JSON.stringify(json)}`);

const sample = "The quick 翻译机器 </s>";
const expected = sentencePieceTokenizer().encode(sample, { addBos: false });

describe("loadTokenizer", () => {
  it.each([
    ["a GGUF path", ggufPath],
    ["a GGUF URL", pathToFileURL(ggufPath)],
    ["a GGUF Blob", new Blob([gguf])],
    ["a GGUF source", new CountingSource(gguf)],
    ["a JSON path", jsonPath],
    ["a JSON URL", pathToFileURL(jsonPath).href],
    ["a JSON Blob", new Blob([JSON.stringify(json)])],
    ["a JSON source", new CountingSource(new TextEncoder().encode(JSON.stringify(json)))],
    ["a JSON object", json],
  ])("reads %s", async (_what, source) => {
    const tokenizer = await loadTokenizer(source);
    expect(tokenizer.encode(sample, { addBos: false })).toEqual(expected);
    if (source instanceof CountingSource) expect(source.disposed).toBe(0);
  });

  it.each([
    ["another file", new Blob(["PK\u0003\u0004 and so on"])],
    ["an empty file", new Blob([])],
  ])("refuses %s", async (_what, source) => {
    await expectError("tokenizer-not-supported", () => loadTokenizer(source));
  });

  it("refuses broken files with the error of their kind", async () => {
    await expectError("tokenizer-invalid", () => loadTokenizer(new Blob(['{"model":'])));
    await expectError("tokenizer-invalid", () => loadTokenizer(new Blob(["{}"])));
    await expectError("gguf-truncated", () => loadTokenizer(new Blob([gguf.subarray(0, 1000)])));
    await expectError("source-not-found", () => loadTokenizer(join(folder, "none")));
  });

  it("does not read a model's weights as a tokenizer.json", async () => {
    const huge = new CountingSource(new TextEncoder().encode("{"), "huge.json", 2 ** 32);
    const error = await expectError("tokenizer-invalid", () => loadTokenizer(huge));
    expect(error.source).toBe("huge.json");
    expect(huge.bytesRead).toBeLessThan(1000);
  });

  it("stops when it is cancelled", async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    for (const source of [ggufPath, json, new Blob([gguf])]) {
      await expect(loadTokenizer(source, { signal })).rejects.toBe(reason);
    }
  });

  it("names the file in what the tokenizer itself refuses", async () => {
    const tokenizer = await loadTokenizer(
      new File([JSON.stringify(tokenizerJson("byte-level", byteLevelVocabulary))], "mine.json"),
    );
    const error = await expectError("token-out-of-range", () => tokenizer.tokenText(-1));
    expect(error.source).toBe("mine.json");
  });
});
