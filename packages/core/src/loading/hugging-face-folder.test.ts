import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import type { ErrorCode } from "../errors.ts";
import { loadModel } from "../load-model.ts";
import type { Model } from "../model.ts";
import { detectTemplate } from "../prompt/detect-template.ts";
import { logSoftmax } from "../sampling/log-softmax.ts";
import type { ModelSource } from "../sources/is-folder.ts";
import { expectError } from "../testing/expect-error.ts";
import { familyConfigs, familyFolder } from "../testing/family-folders.ts";
import {
  jsonBlob,
  safetensorsBytes,
  sentencePieceBytes,
  type TestTensor,
  tinyConfig,
  tinyFolder,
  tinyTensors,
} from "../testing/hugging-face-files.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { tinyGguf } from "../testing/tiny-model.ts";
import { openModelFiles } from "./model-files.ts";

const golden = sharedFixture("fixtures/families/golden.json");
const folder = sharedFixture("fixtures/families/llama-plain-hf");
const gguf = sharedFixture("fixtures/families/llama-plain.gguf");

/** Log-probabilities after each token. */
async function probabilities(source: ModelSource, tokens: readonly number[]): Promise<readonly Float32Array[]> {
  const model = await loadModel(source, { backend: cpu() });
  try {
    const { vocabularySize } = model.config;
    const sequence = await model.createSequence();
    const scores = await sequence.evaluate(tokens, { want: "all" });
    return tokens.map((_, row) => logSoftmax(scores.subarray(row * vocabularySize, (row + 1) * vocabularySize)));
  } finally {
    await model.dispose();
  }
}

function largestDifference(some: ArrayLike<number>, others: ArrayLike<number>): number {
  expect(some.length).toBe(others.length);
  return Math.max(...Array.from(some, (value, index) => Math.abs(value - others[index]!)));
}

describe.skipIf(golden === undefined || folder === undefined || gguf === undefined)("the folder of a LLaMA", () => {
  it("gives the scores that llama.cpp gives for the same model", async () => {
    const { tokens, positions, files } = JSON.parse(await readFile(golden!, "utf8"));
    const rows = await probabilities(folder!, tokens);
    for (const [index, position] of positions.entries()) {
      const expected = logSoftmax(Float32Array.from(files["llama-plain.gguf"][index]));
      expect(largestDifference(rows[position]!, expected)).toBeLessThan(1e-4);
    }
  });

  it("has the tokenizer of its GGUF file, and writes the same", async () => {
    const [mine, other] = await Promise.all([folder!, gguf!].map((source) => loadModel(source, { backend: cpu() })));
    for (const text of ["Once upon a time", " the  cat\n sat", "机器翻译 naïve", "</s> <s>", ""]) {
      expect(mine!.tokenizer.encode(text)).toEqual(other!.tokenizer.encode(text));
    }
    const roles = ({ tokenizer: { bosToken, eosToken, addsBos, endTokens } }: Model) => [
      ...[bosToken, eosToken, addsBos, ...endTokens],
    ];
    expect(roles(mine!)).toEqual(roles(other!));
    const write = (model: Model) => model.generate("Once upon a time", { maxTokens: 30, ignoreEnd: true }).text();
    expect(await write(mine!)).toBe(await write(other!));
    expect(mine!.metadata.string("general.name")).toBe("llama-plain-hf");
    await Promise.all([mine!.dispose(), other!.dispose()]);
  });
});

describe.skipIf(golden === undefined || folder === undefined)("the same weights under Hugging Face's names", () => {
  it.each(Object.entries(familyConfigs))("give the scores of %s", async (name, config) => {
    const { tokens, positions, files } = JSON.parse(await readFile(golden!, "utf8"));
    const source = await familyFolder(name, config);
    const rows = await probabilities(source, tokens);
    for (const [index, position] of positions.entries()) {
      const expected = logSoftmax(Float32Array.from(files[name][index]));
      expect(largestDifference(rows[position]!, expected)).toBeLessThan(1e-4);
    }
  });
});

describe("openModelFiles of a folder", () => {
  const tokens = [1, 265, 266, 260, 261, 3, 200, 267, 268, 270];
  let files: Map<string, Blob>;
  let tensors: TestTensor[];
  let expected: readonly Float32Array[];
  let ids: readonly number[];
  let directory: string;
  let server: Server;
  let address: string;

  beforeAll(async () => {
    files = await tinyFolder();
    tensors = await tinyTensors();
    expected = await probabilities(await tinyGguf(), tokens);
    const { tokenizer, dispose } = await openModelFiles(await tinyGguf());
    ids = tokenizer.encode("a b é 你好 cc");
    await dispose();
    directory = await mkdtemp(join(tmpdir(), "bayling-folder-"));
    for (const [name, blob] of files) await writeFile(join(directory, name), await blob.bytes());
    server = createServer(async (request, response) => {
      const url = new URL(request.url!, "http://localhost");
      const blob = files.get(url.pathname.split("/").at(-1)!);
      if (blob === undefined || url.searchParams.get("key") !== "1") response.writeHead(404).end();
      else response.writeHead(200, { "content-length": blob.size }).end(await blob.bytes());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/owner/tiny-model/resolve/main/?key=1`;
  });

  afterAll(async () => {
    server.close();
    await rm(directory, { recursive: true });
  });

  const named = (): File[] => [...files].map(([name, blob]) => new File([blob], name));

  it.each<[string, () => ModelSource, string | undefined]>([
    ["a map", () => files, undefined],
    ["an array of files", () => named(), undefined],
    ["a path", () => directory, "bayling-folder"],
    ["a path with a slash", () => `${directory}/`, "bayling-folder"],
    ["a file: URL", () => pathToFileURL(directory), "bayling-folder"],
    ["a URL", () => address, "tiny-model"],
    ["an array of paths", () => [...files.keys()].map((name) => join(directory, name)), undefined],
  ])("gives the scores of the same model in GGUF, from %s", async (_name, source, title) => {
    const rows = await probabilities(source(), tokens);
    for (const [position, row] of rows.entries())
      expect(largestDifference(row, expected[position]!)).toBeLessThan(1e-5);
    const { metadata, tokenizer, loaded, dispose } = await openModelFiles(source());
    const name = metadata.string("general.name");
    if (title === undefined) expect(name).toBeUndefined();
    else expect(name).toContain(title);
    expect(loaded.config.rope.pairing).toBe("halves");
    expect(tokenizer.encode("a b é 你好 cc")).toEqual(ids);
    await dispose();
  });

  it("reads shards, in BF16 and F16 too", async () => {
    const half = (tensor: TestTensor): TestTensor => {
      const words = new Uint16Array(tensor.data.slice().buffer);
      return { ...tensor, type: "BF16", data: new Uint8Array(words.filter((_, index) => index % 2 === 1).buffer) };
    };
    // The same numbers, cut to BF16, as F32.
    const cut = (tensor: TestTensor): TestTensor => {
      const words = new Uint16Array(tensor.data.slice().buffer);
      return { ...tensor, data: new Uint8Array(words.map((word, index) => (index % 2 === 1 ? word : 0)).buffer) };
    };
    const index = {
      weight_map: Object.fromEntries(tensors.map(({ name }, at) => [name, `model-${at % 3}.safetensors`])),
    };
    const shards = [0, 1, 2].map((shard) => {
      const mine = tensors.filter((_, at) => at % 3 === shard).map(half);
      return [`model-${shard}.safetensors`, new Blob([safetensorsBytes(mine)])] as const;
    });
    const { "model.safetensors": _, ...rest } = Object.fromEntries(files);
    const sharded = new Map([
      ...Object.entries(rest),
      ...shards,
      ["model.safetensors.index.json", jsonBlob(index)] as const,
    ]);
    const whole = new Map(files).set("model.safetensors", new Blob([safetensorsBytes(tensors.map(cut))]));
    expect(await probabilities(sharded, tokens)).toEqual(await probabilities(whole, tokens));
    sharded.delete("model-1.safetensors");
    await expectError("safetensors-incomplete", () => openModelFiles(sharded));
    sharded.set("model-1.safetensors", shards[0]![1]);
    const repeated = await expectError("safetensors-invalid", () => openModelFiles(sharded));
    expect(repeated.field).toBe("model.embed_tokens.weight");
    sharded.set("model-1.safetensors", new Blob([safetensorsBytes([])]));
    await expectError("safetensors-incomplete", () => openModelFiles(sharded));
  });

  const changed = (name: string, content: unknown) =>
    new Map(files).set(name, content instanceof Blob ? content : jsonBlob(content));
  const weights = (edit: (given: TestTensor[]) => readonly TestTensor[]) =>
    changed("model.safetensors", new Blob([safetensorsBytes(edit([...tensors]))]));
  const without = (name: string) => new Map([...files].filter(([other]) => other !== name));
  const row = () => tensors[1]!;

  it.each<[string, ErrorCode, string | undefined, () => ModelSource]>([
    ["no config.json", "source-not-found", undefined, () => without("config.json")],
    ["no weights", "source-not-found", undefined, () => without("model.safetensors")],
    ["no tokenizer", "source-not-found", undefined, () => without("tokenizer.model")],
    ["a config.json that is no JSON", "model-config-invalid", undefined, () => changed("config.json", new Blob(["{"]))],
    ["a config.json that is a list", "model-config-invalid", undefined, () => changed("config.json", [])],
    [
      "an index that leads out of the folder",
      "safetensors-invalid",
      "weight_map",
      () =>
        new Map(without("model.safetensors")).set(
          "model.safetensors.index.json",
          jsonBlob({ weight_map: { a: "../secret.safetensors" } }),
        ),
    ],
    [
      "an index without a map",
      "safetensors-invalid",
      "weight_map",
      () => new Map(without("model.safetensors")).set("model.safetensors.index.json", jsonBlob({})),
    ],
    [
      "a tensor without use",
      "architecture-not-supported",
      "model.layers.0.odd.weight",
      () => weights((given) => [...given, { ...row(), name: "model.layers.0.odd.weight" }]),
    ],
    ["a missing tensor", "tensor-not-found", "model.norm.weight", () => weights((given) => given.toSpliced(1, 1))],
    [
      "a tensor of another shape",
      "model-shape-mismatch",
      "model.norm.weight",
      () => weights((given) => given.with(1, { ...row(), shape: [4, 8] })),
    ],
    [
      "a type that is not decoded",
      "tensor-type-not-supported",
      "model.norm.weight",
      () => weights((given) => given.with(1, { ...row(), type: "I32" })),
    ],
    [
      "a type that has GGUF's name",
      "tensor-type-not-supported",
      "model.norm.weight",
      () => weights((given) => given.with(1, { ...row(), type: "Q4_0" })),
    ],
    [
      "weights that are cut short",
      "safetensors-truncated",
      undefined,
      () => changed("model.safetensors", files.get("model.safetensors")!.slice(0, 5000)),
    ],
    [
      "a tokenizer that is cut short",
      "tokenizer-invalid",
      undefined,
      () => changed("tokenizer.model", new Blob([sentencePieceBytes().subarray(0, 1000)])),
    ],
  ])("refuses %s", async (_name, code, field, source) => {
    const error = await expectError(code, () => openModelFiles(source()));
    if (field !== undefined) expect(error.field).toBe(field);
  });

  it("takes of a chosen folder what lies beside the topmost config.json", async () => {
    const placed = (path: string, blob: Blob) =>
      Object.defineProperty(new File([blob], path.split("/").at(-1)!), "webkitRelativePath", { value: path });
    const chosen = [
      placed("my-model/original/config.json", jsonBlob({ model_type: "other" })),
      ...[...files].map(([name, blob]) => placed(`my-model/${name}`, blob)),
      placed("my-model/onnx/model.safetensors", new Blob(["x"])),
      placed("my-model/a/b/config.json", jsonBlob({})),
    ];
    const { metadata, dispose } = await openModelFiles(chosen);
    expect(metadata.string("general.name")).toBe("my-model");
    await dispose();
  });

  it("takes the page of a single-page application for a file that is not there", async () => {
    const page = new Blob(["<!doctype html><html></html>"]);
    const named = (given: Iterable<readonly [string, Blob]>) => new Map(given);
    const index = { weight_map: Object.fromEntries(tensors.map(({ name }) => [name, "weights.safetensors"])) };
    const sharded = named([
      ...without("model.safetensors"),
      ["model.safetensors.index.json", jsonBlob(index)],
      ["weights.safetensors", files.get("model.safetensors")!],
    ]);
    const optional = ["generation_config.json", "chat_template.jinja", "tokenizer.json", "model.safetensors"];
    for (const name of optional) sharded.set(name, page);
    const { metadata, tokenizer, dispose } = await openModelFiles(sharded);
    expect(metadata.has("tokenizer.chat_template")).toBe(false);
    expect(tokenizer.encode("a b é 你好 cc")).toEqual(ids);
    await dispose();
  });

  it("leaves aside what the graph does not need", async () => {
    const spare = { ...row(), name: "model.layers.0.self_attn.rotary_emb.inv_freq" };
    const copy = { ...tensors[0]!, name: "lm_head.weight" };
    await (await openModelFiles(weights((given) => [...given, spare, copy]))).dispose();
    const untied = changed("config.json", { ...tinyConfig, tie_word_embeddings: false });
    await expectError("tensor-not-found", () => openModelFiles(untied));
  });

  it("brings the chat template of the folder", async () => {
    const settings = { chat_template: "{{ bos_token }}mine: {{ messages[0].content }}" };
    const template = async (source: ModelSource) => {
      const { metadata, tokenizer, dispose } = await openModelFiles(source);
      const found = await detectTemplate(metadata, tokenizer);
      await dispose();
      return found;
    };
    const inSettings = changed("tokenizer_config.json", settings);
    const detected = await template(inSettings);
    expect(detected.reason).toBe("the file brings it");
    const text = (found: typeof detected) =>
      found.render([{ role: "user", content: "hello" }]).reduce((all, part) => all + part.text, "");
    expect(text(detected)).toBe("<s>mine: hello");
    const inList = changed("tokenizer_config.json", {
      chat_template: [
        { name: "tool_use", template: "no" },
        { name: "default", ...{ template: settings.chat_template } },
      ],
    });
    expect(text(await template(inList))).toBe("<s>mine: hello");
    inSettings.set("chat_template.jinja", new Blob(["its own: {{ messages[0].content }}"]));
    expect(text(await template(inSettings))).toBe("its own: hello");
    const bayling = changed("config.json", { ...tinyConfig, _name_or_path: "/models/bayling-13b-v1.1" });
    expect((await template(bayling)).name).toBe("bayling");
  });
});
