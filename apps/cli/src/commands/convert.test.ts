import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readGguf } from "@bayling/core";
import { expect, test } from "vitest";
import { runMain } from "../testing/run-main.ts";
import { sharedFixture } from "../testing/shared-fixture.ts";
import { temporaryFolder } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
const source = sharedFixture("fixtures/families/llama-plain-hf");
let count = 0;
const newName = () => path.join(folder, `out-${count++}.gguf`);

test.skipIf(source === undefined)("writes the folder as a file that runs as the folder does", async () => {
  const output = newName();
  const { code, stdout, stderr } = await runMain(["convert", source!, output, "--type", "f32"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^llama-plain-hf +[\d.]+ MB\nout-0\.gguf +[\d.]+ MB {2}/);
  expect(stdout).toContain("21 tensors F32");
  const complete = async (file: string) =>
    (await runMain(["complete", file, "the day", "--max-tokens", "8", "--temperature", "0"])).stdout;
  expect(await complete(output)).toBe(await complete(source!));
});

test.skipIf(source === undefined)("F16 unless asked for more or less, and a name of one's own", async () => {
  const output = newName();
  const { stdout } = await runMain(["convert", source!, output, "--name", "bayling-2-7b", "--json"]);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ type: "F16", output, size: readFileSync(output).length });
  const file = await readGguf(output);
  expect(file.metadata.string("general.name")).toBe("bayling-2-7b");
  expect(document.tensors.length).toBe(file.tensors.size);
  await file.dispose();
});

test.skipIf(source === undefined)("a file that is there stays, unless it may be overwritten", async () => {
  const output = newName();
  writeFileSync(output, "old");
  const refused = await runMain(["convert", source!, output]);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain("[sink-exists]");
  expect(readFileSync(output, "utf8")).toBe("old");
  expect(await runMain(["convert", source!, output, "--overwrite"])).toMatchObject({ code: 0, stderr: "" });
  expect(readFileSync(output).subarray(0, 4).toString()).toBe("GGUF");
});

test.skipIf(source === undefined)("Ctrl+C leaves nothing behind", async () => {
  const output = newName();
  const before = readdirSync(folder);
  const ended = await runMain(["convert", source!, output], { onStart: ({ interrupt }) => setImmediate(interrupt) });
  expect(ended).toMatchObject({ code: 130, stdout: "" });
  expect(readdirSync(folder)).toEqual(before);
});

test("wrong usage", async () => {
  const type = await runMain(["convert", folder, newName(), "--type", "q3_k"]);
  expect(type).toMatchObject({ code: 2, stdout: "" });
  expect(type.stderr).toContain("Allowed choices are F32, F16, BF16, Q8_0, Q4_0, Q4_K_M, Q6_K");
  const unnamed = await runMain(["convert", "https://127.0.0.1/model/"]);
  expect(unnamed).toMatchObject({ code: 2, stdout: "" });
  expect(unnamed.stderr).toContain("Give the new file one");
});

test("a folder without a model", async () => {
  const empty = path.join(folder, "empty");
  mkdirSync(empty);
  const { code, stderr } = await runMain(["convert", empty, newName()]);
  expect(code).toBe(1);
  expect(stderr).toContain("there is no config.json in the folder");
});
