import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readGguf } from "@bayling/core";
import { beforeAll, expect, test } from "vitest";
import { runMain } from "../testing/run-main.ts";
import { sharedFixture } from "../testing/shared-fixture.ts";
import { temporaryFolder, writeTinyFile } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
let model: string;
let count = 0;
const newName = () => path.join(folder, `out-${count++}.gguf`);
beforeAll(async () => {
  model = await writeTinyFile(folder, "tiny.gguf");
});

test("writes the file, and says how large it is and what is in it", async () => {
  const output = newName();
  const { code, stdout, stderr } = await runMain(["quantize", model, output, "--type", "q8_0"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const size = readFileSync(output).length;
  const share = ((100 * size) / readFileSync(model).length).toFixed(1);
  expect(stdout).toMatch(/^tiny\.gguf +[\d.]+ kB\nout-0\.gguf +[\d.]+ kB {2}/);
  expect(stdout).toContain(`${share} % of the source, in `);
  // The tiny model is 48 wide, which blocks of 32 do not divide, but for one matrix a layer.
  expect(stdout).toMatch(/\d+ tensors F32/);
  expect(stdout).toMatch(/\d+ tensors F16 in place of Q8_0, whose blocks their rows do not divide into/);
});

test("the new file runs", async () => {
  const output = newName();
  await runMain(["quantize", model, output, "--type", "F16"]);
  const complete = async (file: string) =>
    (await runMain(["complete", file, "the day", "--max-tokens", "8", "--temperature", "0"])).stdout;
  expect(await complete(output)).toBe(await complete(model));
});

test("--json lists every tensor", async () => {
  const output = newName();
  const { stdout } = await runMain(["quantize", model, output, "--type", "bf16", "--json"]);
  const document = JSON.parse(stdout);
  const file = await readGguf(output);
  expect(document).toMatchObject({ type: "BF16", size: file.size, sourceSize: readFileSync(model).length });
  expect(document.tensors.map(({ name, to }: { name: string; to: string }) => [name, to])).toEqual(
    Array.from(file.tensors.values(), ({ name, type }) => [name, type]),
  );
  await file.dispose();
});

test("a person sees how far it is, and the line goes away", async () => {
  const argv = ["quantize", model, newName(), "--type", "q4_0"];
  const { stderr } = await runMain(argv, { terminals: ["stderr"] });
  expect(stderr).toContain("writing out-");
  expect(stderr.endsWith("\r\u001b[2K")).toBe(true);
});

test("a file that is there stays, unless it may be overwritten", async () => {
  const output = newName();
  writeFileSync(output, "old");
  const argv = ["quantize", model, output, "--type", "q4_0"];
  const refused = await runMain(argv);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain("[sink-exists]");
  expect(readFileSync(output, "utf8")).toBe("old");
  expect(await runMain([...argv, "--overwrite"])).toMatchObject({ code: 0, stderr: "" });
  expect(readFileSync(output).subarray(0, 4).toString()).toBe("GGUF");
  const itself = await runMain(["quantize", model, model, "--type", "q4_0", "--overwrite"]);
  expect(itself).toMatchObject({ code: 2, stdout: "" });
});

test.each([
  [["--type", "q3_k"], "Allowed choices are F32, F16, BF16, Q8_0, Q4_0, Q4_K_M, Q6_K"],
  [[], "required option '--type <name>' not specified"],
])("wrong usage: %j", async (flags, message) => {
  const { code, stdout, stderr } = await runMain(["quantize", model, newName(), ...flags]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
});

test("Ctrl+C leaves nothing behind", async () => {
  const output = newName();
  const before = readdirSync(folder);
  const ended = await runMain(["quantize", model, output, "--type", "q8_0"], {
    onStart: ({ interrupt }) => setImmediate(interrupt),
  });
  expect(ended).toMatchObject({ code: 130, stdout: "" });
  expect(readdirSync(folder)).toEqual(before);
});

const fixture = sharedFixture("fixtures/quantized/f32.gguf");
test.skipIf(fixture === undefined)(
  "Q4_K_M of a model that is wide enough has no other types than llama.cpp's",
  async () => {
    const output = newName();
    const { stdout } = await runMain(["quantize", fixture!, output, "--type", "q4_k_m"]);
    expect(stdout).toContain("13 tensors Q4_K");
    expect(stdout).toContain("3 tensors Q6_K");
    expect(stdout).not.toContain("in place of");
    expect(readFileSync(output).length).toBe(readFileSync(sharedFixture("fixtures/quantized/q4_k_m.gguf")!).length);
  },
);
