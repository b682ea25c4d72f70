import { expect, it } from "vitest";
import { metadataOverrides } from "./metadata-overrides.ts";

it("lays entries out as C does, with an empty key at the end", () => {
  const bytes = metadataOverrides({ "llama.vocab_size": 257, "tokenizer.ggml.model": "no_vocab" });
  const view = new DataView(bytes.buffer);
  const text = (at: number) => new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));
  expect(bytes).toHaveLength(3 * 264);
  expect([view.getInt32(0, true), text(4), view.getBigInt64(136, true)]).toEqual([0, "llama.vocab_size", 257n]);
  expect([view.getInt32(264, true), text(268), text(400)]).toEqual([3, "tokenizer.ggml.model", "no_vocab"]);
  expect(bytes[2 * 264 + 4]).toBe(0);
});

it("refuses what has no room", () => {
  expect(() => metadataOverrides({ ["k".repeat(128)]: 1 })).toThrow(RangeError);
});
