import { BayLingError } from "../../errors.ts";
import { type GgufFile, type GgufInput, readGguf } from "../../formats/gguf-reader.ts";
import type { Architecture } from "../../graph/model-config.ts";
import type { ReadOptions } from "../../sources/byte-source.ts";
import { ropePairings } from "../gguf-config.ts";
import { ggufWeightName } from "../weight-names.ts";
import type { Adapter, AdapterBase } from "./adapter.ts";
import { AdapterChanges } from "./adapter-changes.ts";

/**
 * Opens an adapter as llama.cpp has them: GGUF with `general.type` adapter and `adapter.type` lora, whose tensors are
 * called `<weight>.lora_a` and `<weight>.lora_b`. A tensor that has a weight's own name takes its place.
 * @throws BayLingError `adapter-…`, `gguf-…`, `source-…`, `tensor-type-not-supported`
 */
export async function openGgufAdapter(source: GgufInput, base: AdapterBase, options: ReadOptions): Promise<Adapter> {
  const file = await readGguf(source, options);
  try {
    return readGgufAdapter(file, base);
  } catch (error) {
    await file.dispose();
    throw error;
  }
}

const partNames = { lora_a: "first", lora_b: "second" } as const;

function readGgufAdapter(file: GgufFile, base: AdapterBase): Adapter {
  const { name, metadata, contentKey } = file;
  requireText(file, "general.type", "adapter");
  requireText(file, "adapter.type", "lora");
  const architecture = checkArchitecture(file, base.config.architecture);
  const tokens = "adapter.alora.invocation_tokens";
  if (metadata.has(tokens)) {
    throw new BayLingError("adapter-not-supported", {
      source: name,
      field: tokens,
      problem: "the adapter works from certain tokens on only (aLoRA), and weights are the same for all tokens",
    });
  }
  const alpha = metadata.number("adapter.lora.alpha") ?? 0;
  if (!Number.isFinite(alpha)) {
    const field = "adapter.lora.alpha";
    throw new BayLingError("adapter-invalid", {
      source: name,
      field,
      problem: "this is no factor",
      received: `${alpha}`,
    });
  }
  const weights = new Map(Array.from(base.shapes.keys(), (weight) => [ggufWeightName(weight), weight]));
  const changes = new AdapterChanges(file, base);
  for (const tensor of file.tensors.values()) {
    const [, stem, suffix] = /^(.+)\.(lora_a|lora_b)$/.exec(tensor.name) ?? [];
    const stored = stem ?? tensor.name;
    changes.add(weights.get(stored) ?? stored, suffix ? partNames[suffix as "lora_a" | "lora_b"] : "whole", tensor);
  }
  const format = {
    pairing: ropePairings[architecture],
    // As llama.cpp: an alpha of 0 says that there is none.
    scaling: (_: string, rank: number) => (alpha === 0 ? 1 : alpha / rank),
    embeddingByRank: false,
  };
  const files = file.files ?? [];
  return { name, changes: changes.finish(format), files, contentKey, dispose: () => file.dispose() };
}

function requireText({ name, metadata }: GgufFile, key: string, expected: string): void {
  const received = metadata.string(key);
  if (received === expected) return;
  throw new BayLingError("adapter-not-supported", {
    source: name,
    field: key,
    problem: "this is no LoRA adapter",
    expected,
    received: received ?? "nothing",
    remedy: key === "general.type" ? "Pass a model as the model, and adapters as adapters" : undefined,
  });
}

/** GGUF files call Mistral's models `llama`. */
const written: Readonly<Record<Architecture, Architecture>> = {
  llama: "llama",
  mistral: "llama",
  qwen2: "qwen2",
  qwen3: "qwen3",
};

function checkArchitecture({ name, metadata }: GgufFile, architecture: Architecture): Architecture {
  const received = metadata.requireString("general.architecture") as Architecture;
  if (written[received] === written[architecture]) return received;
  throw new BayLingError("adapter-mismatch", {
    source: name,
    field: "general.architecture",
    problem: "the adapter was made for a model of another kind",
    expected: written[architecture],
    received,
    remedy: "Use the adapter with the model that it was made for",
  });
}
