import { readdirSync } from "node:fs";
import path from "node:path";
import { type GgufTensorInput, readGguf, writeGguf } from "@bayling/core";
import { beforeAll, expect, test } from "vitest";
import { runMain } from "../testing/run-main.ts";
import { temporaryFolder, writeTinyFile } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
let model: string;
let adapter: string;
beforeAll(async () => {
  model = await writeTinyFile(folder, "tiny.gguf");
  adapter = path.join(folder, "a=b.gguf");
  await writeAdapter(adapter);
});

/** Of rank 1, for the first matrix of the feed-forward part. */
async function writeAdapter(output: string): Promise<void> {
  await using file = await readGguf(model);
  const name = "blk.0.ffn_up.weight";
  const [rows = 0, columns = 0] = file.tensors.get(name)!.shape;
  const tensor = (end: string, shape: readonly number[]): GgufTensorInput => {
    const length = shape.reduce((product, extent) => product * extent, 1);
    const values = Float32Array.from({ length }, (_, index) => 3 * Math.sin(index + 1));
    return { name: `${name}.${end}`, type: "F32", shape, data: new Uint8Array(values.buffer) };
  };
  const texts = { "general.architecture": "llama", "general.type": "adapter", "adapter.type": "lora" };
  const metadata = Object.entries(texts).map(([key, value]) => [key, { type: "string", value }] as const);
  await writeGguf(output, { metadata, tensors: [tensor("lora_a", [1, columns]), tensor("lora_b", [rows, 1])] });
}

const complete = async (...argv: readonly string[]) =>
  runMain(["complete", ...argv, "--max-tokens", "12", "--temperature", "0"]);

test("--adapter changes what a model writes, and a scale says how much", async () => {
  const plain = await complete(model, "the day");
  const adapted = await complete(model, "the day", "--adapter", adapter);
  expect(adapted).toMatchObject({ code: 0, stderr: "" });
  expect(adapted.stdout).not.toBe(plain.stdout);
  expect((await complete(model, "the day", "--adapter", `${adapter}=0`)).stdout).toBe(plain.stdout);
  const twice = ["--adapter", `${adapter}=0.5`, "--adapter", `${adapter}=.5`];
  expect((await complete(model, "the day", ...twice)).stdout).toBe(adapted.stdout);
});

test("merge writes that model to a file, and says what is in it", async () => {
  const output = path.join(folder, "merged.gguf");
  const merged = await runMain(["merge", model, output, "--adapter", adapter]);
  expect(merged).toMatchObject({ code: 0, stderr: "" });
  expect(merged.stdout).toMatch(/^tiny\.gguf +[\d.]+ kB\nmerged\.gguf +[\d.]+ kB {2}100\.0 % of the source, in /);
  const adapted = await complete(model, "the day", "--adapter", adapter);
  expect((await complete(output, "the day")).stdout).toBe(adapted.stdout);
});

test("--type quantizes, and --json lists every tensor", async () => {
  const output = path.join(folder, "quantized.gguf");
  const { stdout } = await runMain(["merge", model, output, "--adapter", adapter, "--type", "f16", "--json"]);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ type: "F16", output });
  await using file = await readGguf(output);
  expect(file.tensors.get("blk.0.ffn_up.weight")!.type).toBe("F16");
  expect(document.tensors.length).toBe(file.tensors.size);
});

test.each([
  [["merge", "MODEL", "OUTPUT"], 2, "required option '--adapter <path[=scale]>' not specified"],
  [["merge", "MODEL", "OUTPUT", "--adapter", "MODEL"], 1, "[adapter-not-supported]"],
  [["merge", "MODEL", "OUTPUT", "--adapter", "no-such-folder=1"], 1, "[source-not-found]"],
  [["complete", "MODEL", "a", "--adapter", "MODEL"], 1, "[adapter-not-supported]"],
  [["bench", "MODEL", "--peer", "--adapter", "MODEL"], 2, "--peer measures the model without --adapter"],
])("refused: %j", async (argv, code, message) => {
  const before = readdirSync(folder);
  const names: Readonly<Record<string, string>> = { MODEL: model, OUTPUT: path.join(folder, "none.gguf") };
  const result = await runMain(argv.map((word) => names[word] ?? word));
  expect(result).toMatchObject({ code, stdout: "" });
  expect(result.stderr).toContain(message);
  expect(readdirSync(folder)).toEqual(before);
});

test("Ctrl+C leaves nothing behind", async () => {
  const before = readdirSync(folder);
  const ended = await runMain(["merge", model, path.join(folder, "stopped.gguf"), "--adapter", adapter], {
    onStart: ({ interrupt }) => setImmediate(interrupt),
  });
  expect(ended).toMatchObject({ code: 130, stdout: "" });
  expect(readdirSync(folder)).toEqual(before);
});
