import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { writeTinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { beforeAll, expect, test } from "vitest";
import { textWidth } from "../output/text-width.ts";
import { runMain } from "../testing/run-main.ts";
import { sharedFixture } from "../testing/shared-fixture.ts";
import { temporaryFolder, writeTinyFile } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
let model: string;
beforeAll(async () => {
  model = await writeTinyFile(folder, "tiny.gguf", {
    metadata: { "general.license": { type: "string", value: "mit\u001b[2J" } },
  });
});

test("shows the header, the weights and the memory plan", async () => {
  const { code, stdout, stderr } = await runMain(["inspect", model]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/architecture +llama\n/);
  expect(stdout).toMatch(/attention +4 heads over 2 of keys and values, 12 wide\n/);
  expect(stdout).toMatch(/context +256 tokens, RoPE base 10000\n/);
  expect(stdout).toMatch(/special tokens +begins with 1 <s>, ends with 2 <\/s>\n/);
  expect(stdout).toMatch(/F32 +21 tensors .* 100 % /);
  expect(stdout).toContain("Memory for a context of 256 tokens");
  expect(stdout).toContain("mit\\u{1b}[2J");
});

test("--json agrees with the file and with itself", async () => {
  const { stdout } = await runMain(["inspect", model, "--json", "--tensors", "--context", "100"]);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ architecture: "llama", layers: 2, supported: true, tensors: 21 });
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const bytes = sum(report.tensorList.map((tensor: { byteLength: number }) => tensor.byteLength));
  expect(sum(report.types.map((type: { bytes: number }) => type.bytes))).toBe(bytes);
  expect(report.parameters * 4).toBe(bytes);
  const { contextLength, weightBytes, kvCacheBytes, activationBytes, totalBytes } = report.memory;
  expect({ contextLength, weightBytes }).toEqual({ contextLength: 100, weightBytes: bytes });
  // Two layers, keys and values, two heads of 12 numbers of 4 bytes.
  expect(kvCacheBytes).toBe(2 * 2 * 2 * 12 * 4 * 100);
  expect(totalBytes).toBe(weightBytes + kvCacheBytes + activationBytes);
});

test("--context may be more than the model knows, and that is said", async () => {
  const { code, stdout } = await runMain(["inspect", model, "--context", "1000"]);
  expect(code).toBe(0);
  expect(stdout).toContain("1000 tokens (more than the 256 that the model was made for)");
});

test("--tensors, --metadata and --graph print tables", async () => {
  const { stdout } = await runMain(["inspect", model, "--tensors", "--metadata", "--graph"]);
  expect(stdout).toMatch(/\nblk\.1\.ffn_down\.weight +F32 +48 × 80 +15360 +\d+\n/);
  expect(stdout).toMatch(/\nllama\.block_count +uint32 +2\n/);
  expect(stdout).toMatch(/\ntokenizer\.ggml\.tokens +string\[\d+\] +"<unk>", "<s>", .*…\n/);
  expect(stdout).toMatch(/\nscores\[outputs × \d+\] = linear\(hidden\) lm_head\.weight/);
});

test("metadata as JSON is shortened, but says how long it is", async () => {
  const { stdout } = await runMain(["inspect", model, "--metadata", "--json"]);
  const tokens = JSON.parse(stdout).metadata.find(({ key }: { key: string }) => key === "tokenizer.ggml.tokens");
  expect(tokens.value).toHaveLength(32);
  expect(tokens.length).toBeGreaterThan(256);
});

test.each([
  [60, ["inspect"]],
  [90, ["inspect", "--metadata"]],
])("lines fit a terminal of %i columns: %j", async (columns, argv) => {
  const { stdout } = await runMain([...argv, model], { terminals: ["stdout"], columns });
  const lines = stripVTControlCharacters(stdout).split("\n");
  const own = lines.filter((line) => !line.includes(folder) && !line.includes("━"));
  for (const line of own) expect(textWidth(line), line).toBeLessThanOrEqual(columns);
});

test("an architecture that cannot run still shows its header, and what is not supported", async () => {
  const foreign = await writeTinyFile(folder, "foreign.gguf", {
    metadata: {
      "general.architecture": { type: "string", value: "mamba" },
      "mamba.block_count": { type: "uint32", value: 7 },
    },
  });
  const { code, stdout } = await runMain(["inspect", foreign, "--tensors"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/architecture +mamba\n/);
  expect(stdout).toMatch(/layers +7\n/);
  expect(stdout).toContain("This program cannot run it");
  expect(stdout).toContain("[architecture-not-supported]");
  expect(stdout).toContain("token_embd.weight");
  const json = JSON.parse((await runMain(["inspect", foreign, "--json"])).stdout);
  expect(json).toMatchObject({ supported: false, problem: { code: "architecture-not-supported" } });
  expect(await runMain(["inspect", foreign, "--graph"])).toMatchObject({ code: 1 });
});

test("hyper-parameters of wrong types are no reason to fail", async () => {
  const odd = await writeTinyFile(folder, "odd.gguf", {
    metadata: { "llama.block_count": { type: "string", value: "two" } },
  });
  const { code, stdout } = await runMain(["inspect", odd]);
  expect(code).toBe(0);
  expect(stdout).toContain("[gguf-invalid]");
});

test("what is no GGUF file is an error", async () => {
  const file = path.join(folder, "text.gguf");
  writeFileSync(file, "This is not a model, but long enough for a header.");
  expect(await runMain(["inspect", file])).toMatchObject({ code: 1, stdout: "" });
});

test("a file that was not downloaded to its end is an error", async () => {
  const cut = path.join(folder, "cut.gguf");
  writeFileSync(cut, readFileSync(model).subarray(0, -100));
  const { code, stderr } = await runMain(["inspect", cut]);
  expect(code).toBe(1);
  expect(stderr).toContain("[gguf-truncated]");
});

test("of a file behind a URL, no more than the beginning is fetched", async () => {
  const large = path.join(folder, "large.gguf");
  await writeTinyLlama(large, { config: { intermediateSize: 8192 } });
  const bytes = readFileSync(large);
  let served = 0;
  const server = createServer((request, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const part = bytes.subarray(Number(first), Math.min(Number(last) + 1, bytes.length));
    served += part.length;
    response.writeHead(206, {
      "content-length": part.length,
      "content-range": `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`,
    });
    response.end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/large.gguf`;
    const { code, stdout } = await runMain(["inspect", url, "--tensors", "--graph", "--metadata"]);
    expect(code).toBe(0);
    expect(stdout).toContain("blk.1.ffn_down.weight");
    expect(served).toBeGreaterThan(0);
    expect(served).toBeLessThan(bytes.length / 10);
  } finally {
    server.close();
  }
});

const folderOfSafetensors = sharedFixture("fixtures/families/llama-plain-hf");

test.skipIf(folderOfSafetensors === undefined)("shows a folder of safetensors as it shows a file", async () => {
  const { code, stdout, stderr } = await runMain(["inspect", folderOfSafetensors!, "--tensors", "--metadata"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/file +safetensors, 1\.9\d? MB\n/);
  expect(stdout).toMatch(/name +llama-plain-hf\n/);
  expect(stdout).toMatch(/attention +4 heads over 2 of keys and values, 32 wide\n/);
  expect(stdout).toMatch(/tokenizer +SentencePiece BPE, 512 tokens\n/);
  expect(stdout).toMatch(/special tokens +begins with 1 <s>, ends with 2 <\/s>\n/);
  expect(stdout).toMatch(/\nmodel\.layers\.1\.mlp\.down_proj\.weight +F32 +128 × 320 +163840\n/);
  const { stdout: json } = await runMain(["inspect", `${folderOfSafetensors}/`, "--json"]);
  const file = await runMain(["inspect", sharedFixture("fixtures/families/llama-plain.gguf")!, "--json"]);
  const [mine, other] = [JSON.parse(json), JSON.parse(file.stdout)];
  expect(mine.memory).toEqual(other.memory);
  expect(mine.parameters).toBe(other.parameters);
});

test.skipIf(folderOfSafetensors === undefined)("says what a folder lacks", async () => {
  const { code, stderr } = await runMain(["inspect", folder]);
  expect(code).toBe(1);
  expect(stderr).toContain("there is no config.json in the folder");
});
