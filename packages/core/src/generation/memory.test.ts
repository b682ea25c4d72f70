import { expect, it } from "vitest";
import { reachableBytes } from "../testing/heap.ts";
import { tinyModel } from "../testing/tiny-model.ts";

it("keeps memory constant over ten thousand tokens", async () => {
  const model = await tinyModel();
  const write = async (tokens: number) => {
    for (let written = 0; written < tokens; written += 80) {
      await model.generate("the", { maxTokens: 80, ignoreEnd: true, seed: written, temperature: 1 }).text();
    }
  };
  await write(2_000);
  const before = await reachableBytes();
  await write(10_000);
  // V8's compiled code counts as heap and moves by 150 kB; a KV row that stays for every token would be 2.5 MB.
  expect((await reachableBytes()) - before).toBeLessThan(500_000);
  await model.dispose();
});

it("gives everything back on dispose", async () => {
  const cycle = async () => {
    const model = await tinyModel();
    await model.generate("the", { maxTokens: 40, ignoreEnd: true, beams: 3 }).text();
    await model.dispose();
  };
  for (let round = 0; round < 5; round++) await cycle();
  const before = await reachableBytes();
  for (let round = 0; round < 20; round++) await cycle();
  expect((await reachableBytes()) - before).toBeLessThan(2_000_000); // twenty models that stay would be 8 MB
});
