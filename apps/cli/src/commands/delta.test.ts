import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { runMain } from "../testing/run-main.ts";
import { temporaryFolder } from "../testing/tiny-file.ts";

const folder = temporaryFolder();

/** A folder with one tensor of float16, `[2]`, given by its bits. */
function writeFolder(name: string, bits: readonly number[], tensor = "w"): string {
  const target = path.join(folder, name);
  mkdirSync(target);
  const header = Buffer.from(JSON.stringify({ [tensor]: { dtype: "F16", shape: [2], data_offsets: [0, 4] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(
    path.join(target, "model.safetensors"),
    Buffer.concat([length, header, Buffer.from(Uint16Array.from(bits).buffer)]),
  );
  writeFileSync(path.join(target, "config.json"), "{}");
  return target;
}

function bitsIn(target: string): number[] {
  const bytes = readFileSync(path.join(target, "model.safetensors"));
  return [bytes.readUInt16LE(bytes.length - 4), bytes.readUInt16LE(bytes.length - 2)];
}

// 1, 2 and 3, 1.5 as halves; their sums 4, 3.5 and differences 2, −0.5.
const base = writeFolder("base", [0x3c00, 0x4000]);
const other = writeFolder("other", [0x4200, 0x3e00]);

test("adds delta weights, and says what was written", async () => {
  const output = path.join(folder, "applied");
  const { code, stdout, stderr } = await runMain(["apply-delta", base, other, output]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^applied {2}[\d.]+ k?B {2}1 tensor in 1 file, in /);
  expect(bitsIn(output)).toEqual([0x4400, 0x4300]);
});

test("makes them, with a report for programs", async () => {
  const output = path.join(folder, "made");
  const { code, stdout } = await runMain(["make-delta", base, other, output, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ tensors: 1, shards: ["model.safetensors"], addedRows: 0 });
  expect(bitsIn(output)).toEqual([0x4000, 0xb800]);
});

test("says that new tokens were taken as they are", async () => {
  const wide = (name: string, rows: number) => {
    const target = path.join(folder, name);
    mkdirSync(target);
    const tensor = { dtype: "F16", shape: [rows, 1], data_offsets: [0, 2 * rows] };
    const header = Buffer.from(JSON.stringify({ "lm_head.weight": tensor }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(path.join(target, "model.safetensors"), Buffer.concat([length, header, Buffer.alloc(2 * rows)]));
    writeFileSync(path.join(target, "config.json"), "{}");
    return target;
  };
  const { stdout } = await runMain(["apply-delta", wide("small", 2), wide("large", 3), path.join(folder, "grown")]);
  expect(stdout).toContain("1 token that the base does not have, taken as they are");
});

test("a person sees how far it is, and the line goes away", async () => {
  const argv = ["apply-delta", base, other, path.join(folder, "seen")];
  const { stderr } = await runMain(argv, { terminals: ["stderr"] });
  expect(stderr).toContain("writing seen");
  expect(stderr.endsWith("\r\u001b[2K")).toBe(true);
});

test("models that do not belong together are refused, and nothing is left", async () => {
  const foreign = writeFolder("foreign", [0, 0], "v");
  const before = readdirSync(folder);
  const { code, stdout, stderr } = await runMain(["apply-delta", base, foreign, path.join(folder, "none")]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("[tensor-not-found]");
  expect(readdirSync(folder)).toEqual(before);
});

test("a folder that is there stays", async () => {
  const { code, stderr } = await runMain(["apply-delta", base, other, base]);
  expect(code).toBe(1);
  expect(stderr).toContain("[sink-exists]");
});
