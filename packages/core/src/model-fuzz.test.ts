import { describe, expect, it } from "vitest";
import { cpu } from "./cpu/cpu-backend.ts";
import { BayLingError } from "./errors.ts";
import { GgufStringArray } from "./formats/gguf-string-array.ts";
import type { GgufEntry } from "./formats/gguf-value.ts";
import type { GgufTensorInput } from "./formats/gguf-writer.ts";
import { isTensorType, rowBytes, tensorTypeNames } from "./formats/tensor-types.ts";
import { loadModel } from "./load-model.ts";
import { tinyGguf } from "./testing/tiny-model.ts";

type Edit = (metadata: Map<string, GgufEntry>, tensors: GgufTensorInput[]) => void;

const texts = ["a the cat 你好 </s> \u0000 x", "", " ".repeat(100), "\ud800", "<s>a</s>b<unk>", "aaaaaaaaaaaaaaaa"];

/** Loads a spoilt model and does everything with it. @returns the codes of its errors; anything else is thrown */
async function outcomes(edit: Edit): Promise<readonly string[]> {
  const codes: string[] = [];
  const guarded = async (action: () => unknown): Promise<void> => {
    try {
      await action();
    } catch (error) {
      if (!BayLingError.isInstance(error)) throw error;
      expect(error.message.length).toBeLessThan(5000);
      codes.push(error.code);
    }
  };
  const blob = await tinyGguf(edit);
  await guarded(async () => {
    const model = await loadModel(blob, { backend: cpu() });
    const { tokenizer } = model;
    for (const text of texts) {
      for (const parseSpecial of [false, true]) {
        const ids = tokenizer.encode(text, { addBos: false, parseSpecial });
        expect(ids.every((id) => id >= 0 && id < tokenizer.vocabularySize)).toBe(true);
        tokenizer.decode(ids, { special: parseSpecial });
      }
    }
    const ways = [{ logprobs: 2 }, { temperature: 1, topP: 0.9, seed: 1 }, { beams: 2 }];
    for (const way of ways) await guarded(() => model.generate("a cat", { maxTokens: 5, ...way }).text());
    await model.dispose();
  });
  return codes;
}

const float = (value: number): GgufEntry => ({ type: "float32", value });
const integer = (value: number): GgufEntry => ({ type: "uint32", value });
const long = (value: bigint): GgufEntry => ({ type: "uint64", value });
const text = (value: string): GgufEntry => ({ type: "string", value });
const strings = (values: Iterable<string>): GgufEntry => ({
  type: "array",
  value: { elementType: "string", values: GgufStringArray.from(values) },
});

const values: readonly (GgufEntry | undefined)[] = [
  ...[0, 1, 2, 3, 7, 31, 2 ** 16, 2 ** 30, 2 ** 31, 2 ** 32 - 1].map(integer),
  ...[2n ** 33n, 2n ** 40n, 2n ** 53n, 2n ** 64n - 1n].map(long),
  ...[-1, -0, 0.5, 1e-45, 3e38, Number.NaN, Infinity, -Infinity].map(float),
  { type: "float64", value: 1e308 },
  { type: "bool", value: true },
  { type: "array", value: { elementType: "uint32", values: Uint32Array.of(1, 2) } },
  ...["x", "yarn", "linear"].map(text),
  undefined,
];

const hyperParameters = [
  ...["context_length", "embedding_length", "block_count", "feed_forward_length", "vocab_size", "expert_count"],
  ...["head_count", "head_count_kv", "key_length", "value_length", "layer_norm_rms_epsilon", "sliding_window"].map(
    (name) => `attention.${name}`,
  ),
  ...["dimension_count", "freq_base", "scale_linear", "scaling.type", "scaling.factor"].map((name) => `rope.${name}`),
  ...["original_context_length", "yarn_beta_fast", "yarn_beta_slow", "attn_factor"].map(
    (name) => `rope.scaling.${name}`,
  ),
];

describe("hyper-parameters of any kind end in a model or an error of ours", () => {
  it.each(hyperParameters)(`%s with ${values.length} values, alone and under YaRN`, async (name) => {
    for (const value of values) {
      for (const yarn of name.startsWith("rope.scaling.") ? [false, true] : [false]) {
        await outcomes((metadata) => {
          if (yarn) metadata.set("llama.rope.scaling.type", text("yarn")).set("llama.rope.scaling.factor", float(4));
          if (value === undefined) metadata.delete(`llama.${name}`);
          else metadata.set(`llama.${name}`, value);
        });
      }
    }
  });

  it.each([2 ** 20, 2 ** 28, 2 ** 30, 2 ** 32 - 2])(
    "heads of %i elements are refused before anything is made",
    async (size) => {
      for (const name of ["attention.key_length", "embedding_length"]) {
        const codes = await outcomes((metadata) => {
          metadata.set(`llama.${name}`, integer(size));
          for (const heads of ["head_count", "head_count_kv"]) metadata.set(`llama.attention.${heads}`, integer(1));
        });
        expect(codes).toEqual(["model-config-invalid"]);
      }
    },
  );

  it("more layers than the tensors can make are refused before the graph is made", async () => {
    expect(await outcomes((metadata) => metadata.set("llama.block_count", integer(3)))).toEqual([
      "model-config-invalid",
    ]);
  });
});

/** Floats in place of a tensor's own. */
function spoil(name: string, change: (values: Float32Array) => void): Edit {
  return (_, tensors) => {
    const index = tensors.findIndex((tensor) => tensor.name === name);
    const floats = new Float32Array((tensors[index]!.data as Uint8Array).slice().buffer);
    change(floats);
    tensors[index] = { ...tensors[index]!, data: new Uint8Array(floats.buffer) };
  };
}

const names: string[] = [];
await tinyGguf((_, tensors) => {
  for (const { name } of tensors) names.push(name);
});
const ofFirstLayer = names.filter((name) => !name.startsWith("blk.1."));

describe("tensors of any content and shape", () => {
  it.each(ofFirstLayer)("%s full of NaN is told, however tokens are chosen", async (name) => {
    expect(await outcomes(spoil(name, (floats) => floats.fill(Number.NaN)))).toEqual(Array(3).fill("scores-invalid"));
  });

  it.each(ofFirstLayer)("%s with other extremes", async (name) => {
    for (const value of [Number.NaN, Infinity, -Infinity, 1e-45, 3e38, -3e38, 0]) {
      await outcomes(spoil(name, (floats) => floats.fill(value, 3, 4)));
      await outcomes(spoil(name, (floats) => floats.fill(value)));
    }
  });

  it.each(ofFirstLayer)("%s of another shape, name, or not there", async (name) => {
    const shapes = [[1], [32], [32, 32], [64, 32], [32, 64], [2, 3, 4], [1, 1, 1, 1]];
    for (const shape of shapes) {
      await outcomes((_, tensors) => {
        const index = tensors.findIndex((tensor) => tensor.name === name);
        const length = shape.reduce((product, extent) => product * extent);
        tensors[index] = { ...tensors[index]!, shape, data: new Uint8Array(4 * length) };
      });
    }
    const without = (_: unknown, tensors: GgufTensorInput[]) =>
      tensors.splice(
        tensors.findIndex((tensor) => tensor.name === name),
        1,
      )[0]!;
    await outcomes((metadata, tensors) => void without(metadata, tensors));
    await outcomes((metadata, tensors) => void tensors.push({ ...without(metadata, tensors), name: "\u001b[31m\n" }));
  });

  it.each(tensorTypeNames)("random bytes, and all bits set, as %s", async (type) => {
    expect(isTensorType(type)).toBe(true);
    const columns = 256;
    for (const name of ["token_embd.weight", "blk.0.attn_q.weight", "blk.0.attn_norm.weight"]) {
      for (const seed of [0, 1, 2]) {
        await outcomes((metadata, tensors) => {
          for (const key of ["embedding_length", "feed_forward_length"]) metadata.set(`llama.${key}`, integer(columns));
          metadata.set("llama.block_count", integer(1));
          metadata.set("llama.attention.head_count_kv", integer(4));
          tensors.splice(
            0,
            tensors.length,
            ...tensors
              .filter((tensor) => !tensor.name.startsWith("blk.1."))
              .map((tensor) => {
                const rows =
                  tensor.shape.length === 1 ? 1 : tensor.name === "token_embd.weight" ? tensor.shape[0]! : columns;
                const shape = tensor.shape.length === 1 ? [columns] : [rows, columns];
                const spoilt = tensor.name === name;
                const bytes = new Uint8Array(rows * rowBytes(spoilt ? type : "F32", columns));
                let state = seed;
                if (spoilt) {
                  for (let index = 0; index < bytes.length; index++) {
                    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
                    bytes[index] = seed === 0 ? 0xff : state >>> 24;
                  }
                } else if (shape.length === 1) new Float32Array(bytes.buffer).fill(1);
                return { name: tensor.name, type: spoilt ? type : "F32", shape, data: bytes };
              }),
          );
        });
      }
    }
  });
});

describe("vocabularies of any kind", () => {
  const key = (name: string) => `tokenizer.ggml.${name}`;
  const pieces = (metadata: Map<string, GgufEntry>): string[] => {
    const entry = metadata.get(key("tokens"));
    if (entry?.type !== "array" || entry.value.elementType !== "string") throw new Error("no tokens");
    return [...entry.value.values];
  };
  const numbers = (metadata: Map<string, GgufEntry>, name: string): Int32Array | Float32Array => {
    const entry = metadata.get(key(name));
    if (entry?.type !== "array") throw new Error(`no ${name}`);
    return entry.value.values as Int32Array | Float32Array;
  };
  const byteLevel = (metadata: Map<string, GgufEntry>, merges: string[]) =>
    metadata.set(key("model"), text("gpt2")).set(key("pre"), text("gpt-2")).set(key("merges"), strings(merges));

  const edits: Readonly<Record<string, Edit>> = {
    "no tokens": (metadata) => metadata.set(key("tokens"), strings([])),
    "empty spellings": (metadata) => metadata.set(key("tokens"), strings(pieces(metadata).map(() => ""))),
    "one spelling for all": (metadata) => metadata.set(key("tokens"), strings(pieces(metadata).map(() => "a"))),
    "a huge spelling": (metadata) =>
      metadata.set(key("tokens"), strings(pieces(metadata).map((piece, id) => (id === 270 ? "z".repeat(3e6) : piece)))),
    "no byte tokens": (metadata) =>
      metadata.set(
        key("tokens"),
        strings(pieces(metadata).map((piece, id) => (id > 2 && id < 259 ? `q${id}` : piece))),
      ),
    "halves of characters": (metadata) => {
      const bytes = Uint8Array.from({ length: 271 * 3 }, (_, index) => [0xff, 0xe2, index][index % 3]!);
      const starts = Uint32Array.from({ length: 272 }, (_, index) => index * 3);
      const values = new GgufStringArray(bytes, starts, 0);
      metadata.set(key("tokens"), { type: "array", value: { elementType: "string", values } });
    },
    "three tokens": (metadata) => {
      metadata.set(key("tokens"), strings(["<unk>", "<s>", "</s>"]));
      metadata.set(key("scores"), { type: "array", value: { elementType: "float32", values: new Float32Array(3) } });
      metadata.delete(key("token_type"));
    },
    "scores that are infinite": (metadata) =>
      numbers(metadata, "scores").forEach((_, id, scores) => {
        scores[id] = id % 2 === 0 ? Infinity : -Infinity;
      }),
    "scores that are NaN": (metadata) => numbers(metadata, "scores").fill(Number.NaN),
    "merges of nothing known": (metadata) => byteLevel(metadata, ["a b", "x", "", " ", "a  b"]),
    "no merges": (metadata) => byteLevel(metadata, []),
    "a pre-tokenizer of a megabyte": (metadata) =>
      byteLevel(metadata, []).set(key("pre"), text("\u001b[31m".repeat(2e5))),
    "a model of a megabyte": (metadata) => metadata.set(key("model"), text("\u001b[31m".repeat(2e5))),
    "an architecture of a megabyte": (metadata) => metadata.set("general.architecture", text("\u001b[31m".repeat(2e5))),
  };
  for (const type of [-1, 0, 2, 3, 4, 5, 6, 2 ** 31 - 1]) {
    Object.assign(edits, {
      [`all of type ${type}`]: (metadata: Map<string, GgufEntry>) => numbers(metadata, "token_type").fill(type),
    });
  }
  for (const name of ["tokens", "scores", "token_type", "model", "bos_token_id", "add_bos_token", "add_space_prefix"]) {
    for (const [index, value] of values.entries()) {
      Object.assign(edits, {
        [`${name} that is value ${index}`]: (metadata: Map<string, GgufEntry>) =>
          value === undefined ? metadata.delete(key(name)) : metadata.set(key(name), value),
      });
    }
  }

  it(`${Object.keys(edits).length} of them end in a model or an error of ours`, async () => {
    for (const edit of Object.values(edits)) await outcomes(edit);
  });

  it("one without tokens names the tokens", async () => {
    const codes = await outcomes((metadata) => void metadata.set(key("tokens"), strings([])));
    expect(codes).toEqual(["tokenizer-invalid"]);
  });
});
