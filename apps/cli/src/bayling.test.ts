import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildProgram } from "./testing/built-program.ts";
import { temporaryFolder, writeTinyFile } from "./testing/tiny-file.ts";

// The program as a process of its own, built from the sources of the moment.
const folder = temporaryFolder();
let program: string;
let model: string;

beforeAll(async () => {
  program = await buildProgram(folder);
  model = await writeTinyFile(folder, "tiny.gguf", { contextLength: 2048 });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program; `onStdout` sees its first output. */
function run(
  argv: readonly string[],
  stdin = "",
  onStdout?: (child: ChildProcessWithoutNullStreams, text: string) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...argv], { env: { ...process.env, NO_COLOR: "1" } });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => {
    const first = stdout === "";
    stdout += String(data);
    if (first) onStdout?.(child, stdout);
  });
  child.stderr.on("data", (data) => {
    stderr += String(data);
  });
  child.stdin.end(stdin);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

test("reads a pipe, writes a pipe, and ends with 0", async () => {
  const { code, stdout, stderr } = await run(["complete", model, "--max-tokens", "10", "--json"], "Once upon a time\n");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ prompt: "Once upon a time", usage: { generatedTokens: 10 } });
});

// Windows has no SIGTERM: it ends programs without asking.
test.skipIf(process.platform === "win32")(
  "serves until the system wants it to end, and finishes what runs",
  async () => {
    let answer: Promise<string> | undefined;
    const { code, stderr } = await run(["serve", model, "--port", "0"], "", (child, first) => {
      const body = JSON.stringify({ prompt: "the day", max_tokens: 300, ignore_eos: true, stream: true });
      const ask = async () => {
        let text = first;
        child.stdout.on("data", (data) => {
          text += String(data);
        });
        while (!text.includes("http://")) await new Promise((resolve) => setTimeout(resolve, 5));
        const url = /http:\/\/[\d.:]+/.exec(text)![0];
        const headers = { "content-type": "application/json" };
        const response = await fetch(`${url}/v1/completions`, { method: "POST", headers, body });
        child.kill("SIGTERM");
        return response.text();
      };
      answer = ask();
    });
    expect(await answer).toMatch(/data: \[DONE\]\n\n$/);
    expect(code).toBe(0);
    expect(stderr).toMatch(/ 200 POST \/v1\/completions /);
  },
);

test("llama.cpp computes, and the program ends by itself", async () => {
  const argv = ["complete", model, "the day", "--max-tokens", "10"];
  const here = await run(argv);
  const llama = await run([...argv, "--backend", "cuda", "--device", "cpu", "--threads", "1"]);
  expect(llama).toEqual({ ...here, code: 0, stderr: "" });
});

test("output that is larger than a pipe arrives whole", async () => {
  const text = "the big red ball ".repeat(5000).trimEnd();
  const { code, stdout } = await run(["tokenize", model, "--json"], text);
  expect(code).toBe(0);
  expect(stdout.length).toBeGreaterThan(200_000);
  expect(JSON.parse(stdout).count).toBe(20_001);
});

test("wrong usage ends with 2, failure with 1", async () => {
  expect(await run(["fly"])).toMatchObject({ code: 2, stdout: "" });
  expect(await run(["inspect", "nowhere.gguf"])).toMatchObject({ code: 1, stdout: "" });
});

test("a reader that goes away is no error", async () => {
  const ended = await run(["complete", model, "the day"], "", (child) => child.stdout.destroy());
  expect(ended).toMatchObject({ code: 0, stderr: "" });
});

test.skipIf(process.platform === "win32")("SIGINT ends a text in the middle with 130", async () => {
  const ended = await run(["complete", model, "the day", "--json-lines"], "", (child) => child.kill("SIGINT"));
  expect(ended.code).toBe(130);
  expect(JSON.parse(ended.stderr).error.code).toBe("interrupted");
  const lines = ended.stdout.trimEnd().split("\n");
  expect(lines.length).toBeLessThan(2000);
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty("token");
});

test("a chat from a pipe", async () => {
  const argv = ["chat", model, "--temperature", "0", "--max-tokens", "5", "--json"];
  const { code, stdout } = await run(argv, "the day\nthe ball\n");
  expect(code).toBe(0);
  expect(stdout.trimEnd().split("\n")).toHaveLength(2);
});

test("a translation of a file that is killed, however often, ends as one that is not", async () => {
  const at = (name: string) => path.join(folder, name);
  const text = Array.from({ length: 24 }, (_, index) => `the ball number ${index}\n`).join("");
  writeFileSync(at("input.txt"), text);
  const argv = ["translate", model, at("input.txt"), "--from", "en", "--to", "de", "--max-tokens", "8", "--context"];
  expect(await run([...argv, "--output", at("whole.txt")])).toEqual({ code: 0, stdout: "", stderr: "" });
  const length = () => (existsSync(at("killed.txt")) ? readFileSync(at("killed.txt")).length : 0);
  let kills = 0;
  for (let code: number | null = null; code === null; ) {
    const wanted = length() + 100;
    const child = spawn(process.execPath, [program, ...argv, "--output", at("killed.txt")]);
    const watching = setInterval(() => {
      if (length() >= wanted) child.kill("SIGKILL");
    }, 1);
    code = await new Promise((resolve) => child.on("close", resolve));
    clearInterval(watching);
    if (code === null) kills++;
  }
  expect(kills).toBeGreaterThan(1);
  expect(readFileSync(at("killed.txt"))).toEqual(readFileSync(at("whole.txt")));
  expect(existsSync(at("killed.txt.progress"))).toBe(false);
});
