import { beforeAll, expect, test } from "vitest";
import { runMain } from "../testing/run-main.ts";
import { sharedFixture } from "../testing/shared-fixture.ts";
import { temporaryFolder, writeTinyFile } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
let model: string;
beforeAll(async () => {
  model = await writeTinyFile(folder, "tiny.gguf", { contextLength: 64 });
});

test("measures both phases as often as asked", async () => {
  const argv = ["bench", model, "--prefill", "20", "--decode", "10", "--repetitions", "3", "--json"];
  const { code, stdout, stderr } = await runMain(argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ backend: "cpu", contextLength: 64, prefill: { tokens: 20 }, decode: { tokens: 10 } });
  for (const phase of [report.prefill, report.decode]) {
    expect(phase.seconds).toHaveLength(3);
    const median = [...phase.seconds].sort((a, b) => a - b)[1];
    expect(phase.tokensPerSecond).toBeCloseTo(phase.tokens / median, 6);
  }
  expect(report.machine.node).toBe(process.versions.node);
  for (const bytes of Object.values(report.memory)) expect(bytes).toBeGreaterThan(0);
});

test("prints a table", async () => {
  const { stdout } = await runMain(["bench", model, "--repetitions", "1"]);
  expect(stdout).toMatch(/phase +tokens +time +tokens\/s +slowest +fastest\n/);
  expect(stdout).toMatch(/ {2}prefill +\d+ .*\n {2}decode +\d+ .*\n/);
  expect(stdout).toContain(process.versions.node);
});

test("the usual sizes shrink to what fits; asked ones do not", async () => {
  const usual = JSON.parse((await runMain(["bench", model, "--repetitions", "1", "--json"])).stdout);
  expect(usual.prefill.tokens + usual.decode.tokens).toBeLessThanOrEqual(64);
  const half = JSON.parse((await runMain(["bench", model, "--decode", "60", "--repetitions", "1", "--json"])).stdout);
  expect([half.prefill.tokens, half.decode.tokens]).toEqual([4, 60]);
  const { code, stderr } = await runMain(["bench", model, "--prefill", "60", "--decode", "60"]);
  expect(code).toBe(2);
  expect(stderr).toContain("do not fit into a context of 64");
});

test("other ways to write can be measured", async () => {
  const argv = ["bench", model, "--prefill", "8", "--decode", "8", "--repetitions", "1", "--json"];
  expect(await runMain([...argv, "--beams", "2"])).toMatchObject({ code: 0 });
  expect(await runMain([...argv, "--temperature", "0.8", "--top-k", "10"])).toMatchObject({ code: 0 });
});

const onCpu = ["--device", "cpu", "--threads", "1"];

test("compares backends and node-llama-cpp in one run", async () => {
  const argv = ["bench", model, "--backends", "cpu,cuda", "--peer", ...onCpu, "--repetitions", "2", "--json"];
  const { code, stdout, stderr } = await runMain([...argv, "--prefill", "20", "--decode", "10"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { compared, leftOut, contextLength } = JSON.parse(stdout);
  expect({ leftOut, contextLength }).toEqual({ leftOut: [], contextLength: 64 });
  expect(compared.map(({ name }: { name: string }) => name)).toEqual(["cpu", "cuda", "node-llama-cpp"]);
  for (const { prefill, decode, loadSeconds } of compared) {
    expect(prefill).toMatchObject({ tokens: 20, seconds: [expect.any(Number), expect.any(Number)] });
    expect(decode).toMatchObject({ tokens: 10, seconds: [expect.any(Number), expect.any(Number)] });
    for (const seconds of [...prefill.seconds, ...decode.seconds, loadSeconds]) expect(seconds).toBeGreaterThan(0);
  }
  expect(compared[1].placement).toMatchObject({ device: "cpu", gpuLayers: 0, threads: 1 });
  expect(compared[2].device).toBe("cpu");
});

test("prints the comparison as a table, with the speed of each against the peer", async () => {
  const argv = ["bench", model, "--backends", "cpu", "--peer", ...onCpu, "--repetitions", "1"];
  const { code, stdout } = await runMain(argv);
  expect(code).toBe(0);
  expect(stdout).toMatch(/backend +on +load +prefill 32 +decode 32 +× peer +× peer\n/);
  expect(stdout).toMatch(/\n {2}cpu +[\d.]+ \w+ +[\d.]+ +[\d.]+ +\d+\.\d\d +\d+\.\d\d\n/);
  expect(stdout).toMatch(/\n {2}node-llama-cpp +cpu +[\d.]+ \w+ +[\d.]+ +[\d.]+\n/);
});

test("a backend that cannot run here is left out with the reason, unless no other is left", async () => {
  const elsewhere = process.platform === "darwin" ? "cuda" : "metal";
  const argv = ["bench", model, "--device", elsewhere, "--repetitions", "1"];
  const { code, stdout } = await runMain([...argv, "--backends", "cpu,cuda"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/\n {2}cuda is left out: .*on this system/);
  expect(await runMain([...argv, "--backends", "cuda"])).toMatchObject({ code: 1, stdout: "" });
});

const folderOfSafetensors = sharedFixture("fixtures/families/llama-plain-hf");

test.skipIf(folderOfSafetensors === undefined)("measures a folder of safetensors, but not in the peer", async () => {
  const argv = ["bench", folderOfSafetensors!, "--repetitions", "1", "--prefill", "8", "--decode", "4"];
  expect((await runMain(argv)).code).toBe(0);
  const { code, stderr } = await runMain([...argv, "--backends", "cpu", "--peer"]);
  expect(code).toBe(2);
  expect(stderr).toContain("--peer needs a GGUF file");
});
