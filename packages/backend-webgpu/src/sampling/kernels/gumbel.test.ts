import { afterAll, beforeAll, expect, it } from "vitest";
import { bind } from "../../device/dispatch.ts";
import type { GpuContext } from "../../device/gpu-context.ts";
import { openTestGpu } from "../../testing/test-gpu.ts";
import { RandomNumbers } from "../testing/random-numbers.ts";
import { readWords, submit } from "../testing/score-rows.ts";
import { gumbelCode } from "./gumbel.ts";

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.dispose());

it("makes the noise of core's sampler, also where u is next to 0 or 1", async () => {
  const random = new RandomNumbers(1);
  const borders = [0, 1, 2, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 100, 2 ** 32 - 2, 2 ** 32 - 1];
  const hashes = Uint32Array.from([...borders, ...Array.from({ length: 20_000 }, () => random.word())]);
  const buffer = context.createStorage("noise", hashes.byteLength);
  context.device.queue.writeBuffer(buffer, 0, hashes);
  const pipeline = context.pipelines.get({
    label: "gumbel",
    bindings: [{ name: "noise", type: "array<u32>", access: "read_write" }],
    code: `
${gumbelCode}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < ${hashes.length}u) { noise[id.x] = bitcast<u32>(gumbel(noise[id.x])); }
}`,
  });
  const workgroups = [Math.ceil(hashes.length / 64), 1, 1] as const;
  submit(context, [{ pipeline, bindGroup: bind(context.device, pipeline, [buffer]), workgroups }]);
  const actual = new Float32Array((await readWords(context, buffer, hashes.byteLength)).buffer);
  const errors = Array.from(hashes, (hash, i) => Math.abs(actual[i]! + Math.log(-Math.log((hash + 0.5) / 2 ** 32))));
  expect(Math.max(...errors)).toBeLessThan(4e-6);
});
