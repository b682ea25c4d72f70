import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { runMain } from "./testing/run-main.ts";

const commands = [
  "chat",
  "translate",
  "complete",
  "inspect",
  "tokenize",
  "convert",
  "quantize",
  "merge",
  "apply-delta",
  "make-delta",
  "bench",
];

test("without arguments, help is printed", async () => {
  const { code, stdout, stderr } = await runMain([]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const command of commands) expect(stdout).toContain(`  ${command} `);
  expect(stdout).toContain("Examples:");
  expect(stdout).toContain("Exit codes:");
  for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
});

test.each(commands)("%s --help teaches with examples, within 100 columns", async (command) => {
  const { code, stdout } = await runMain([command, "--help"], { columns: 200 });
  expect(code).toBe(0);
  expect(stdout).toContain(`Usage: bayling ${command}`);
  expect(stdout).toMatch(new RegExp(`Examples:\n(.*\n)*.*bayling ${command}`));
  for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
});

test("help of a command is also help COMMAND", async () => {
  expect((await runMain(["help", "bench"])).stdout).toBe((await runMain(["bench", "--help"])).stdout);
  const unknown = await runMain(["help", "bnech"]);
  expect(unknown).toMatchObject({ code: 2, stdout: "" });
  expect(unknown.stderr).toContain("Did you mean bench?");
});

test("help is the same with colours and without", async () => {
  const plain = await runMain(["complete", "--help"]);
  const coloured = await runMain(["complete", "--help"], { env: { FORCE_COLOR: "1" } });
  expect(coloured.stdout).not.toBe(plain.stdout);
  expect(stripVTControlCharacters(coloured.stdout)).toBe(plain.stdout);
});

test("--version is the package's", async () => {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(await runMain(["--version"])).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
});

test("a command or option that there is not gives 2 and the nearest one", async () => {
  const command = await runMain(["compleet"]);
  expect(command).toMatchObject({ code: 2, stdout: "" });
  expect(command.stderr).toContain("unknown command 'compleet'");
  expect(command.stderr).toContain("Did you mean complete?");
  const option = await runMain(["complete", "x.gguf", "--max-token", "3"]);
  expect(option.code).toBe(2);
  expect(option.stderr).toContain("Did you mean --max-tokens?");
  expect(option.stderr).toContain("See bayling complete --help");
});

test.each([
  [["complete", "x.gguf", "hi", "--temperature", "warm"], "Expected a number"],
  [["complete", "x.gguf", "hi", "--max-tokens", "1.5"], "Expected a whole number, 1 or more"],
  [["complete", "x.gguf", "hi", "--backend", "abacus"], "cpu, webgpu, cuda"],
  [["complete", "x.gguf", "hi", "--threads", "0"], "Expected a whole number, 1 or more"],
  [["complete", "x.gguf", "hi", "--device", "tpu"], "auto, cuda, vulkan, metal, cpu"],
  [["complete", "x.gguf", "hi", "--gpu-layers", "3"], "--gpu-layers needs --backend cuda"],
  [["bench", "x.gguf", "--backends", "cpu,abacus"], "some of cpu, webgpu, cuda"],
  [["bench", "x.gguf", "--backends", "cpu,webgpu", "--threads", "1"], "--threads needs cuda"],
  [["bench", "x.gguf", "--backends", "cpu,webgpu", "--trace", "x.json"], "--trace is for one backend"],
  [["complete"], "missing required argument 'model'"],
  [["complete", "x.gguf", "hi", "--json", "--json-lines"], "cannot be used with"],
  [["inspect", "a", "b"], "too many arguments"],
])("%j is wrong usage", async (argv, message) => {
  const { code, stdout, stderr } = await runMain(argv);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
});

test("a file that is not there gives 1, its name and the code, and no stack", async () => {
  const { code, stdout, stderr } = await runMain(["inspect", "nowhere.gguf"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toBe("error: nowhere.gguf: there is no such file. Check the path. [source-not-found]\n");
});

test("BAYLING_DEBUG shows the stack and its causes", async () => {
  const { stderr } = await runMain(["inspect", "nowhere.gguf"], { env: { BAYLING_DEBUG: "1" } });
  expect(stderr).toContain("\n    at ");
  expect(stderr).toContain("caused by Error: ENOENT");
});

test("with --json, errors are JSON on stderr", async () => {
  const work = await runMain(["inspect", "nowhere.gguf", "--json"]);
  expect(work.code).toBe(1);
  expect(JSON.parse(work.stderr).error).toMatchObject({ code: "source-not-found", source: "nowhere.gguf" });
  const usage = await runMain(["complete", "--json"]);
  expect(usage.code).toBe(2);
  expect(JSON.parse(usage.stderr).error.code).toBe("usage");
});

test("backends that cannot run here say so", async () => {
  const elsewhere = process.platform === "darwin" ? "cuda" : "metal";
  const { code, stderr } = await runMain(["complete", "x.gguf", "hi", "--backend", "cuda", "--device", elsewhere]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/the backend "cuda" cannot run here: .*no (CUDA|Metal) on this system/);
  expect(stderr).toContain("[backend-not-available]");
});
