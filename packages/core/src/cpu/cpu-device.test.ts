import { expect, it } from "vitest";
import { expectError } from "../testing/expect-error.ts";
import { cpuDevice } from "./cpu-device.ts";

it("keeps nothing after dispose, even for those who keep the handles", async () => {
  const context = await cpuDevice().open();
  const read = (_: number, length: number) => Promise.resolve(new Uint8Array(length));
  const upload = (type: "F32" | "F16", byteLength: number) =>
    context.upload({ name: type, type, shape: [4, 8], byteLength, read });
  const [plain, half] = [await upload("F32", 128), await upload("F16", 64)];
  const buffer = context.allocate(16);
  await context.dispose();
  expect([plain.bytes.length, plain.floats, half.bytes.length, buffer.data.length]).toEqual([0, undefined, 0, 0]);
  await expectError("disposed", () => context.allocate(1));
});
