import type { LoadedModel } from "../../backend/backend.ts";
import { invalidArgument } from "../../check-argument.ts";
import type { GgufInput } from "../../formats/gguf-reader.ts";
import { buildGraph } from "../../graph/llama-graph.ts";
import type { ReadOptions } from "../../sources/byte-source.ts";
import { isFolder } from "../../sources/is-folder.ts";
import { type AdaptedType, AdaptedWeights, adaptedType, type ScaledChange } from "./adapted-weights.ts";
import type { Adapter, AdapterBase, AdapterInput } from "./adapter.ts";
import { openGgufAdapter } from "./gguf-adapter.ts";
import { openPeftAdapter } from "./peft-adapter.ts";

/** A model with adapters merged into its weights. */
export interface AdaptedModel {
  readonly loaded: LoadedModel;
  /** The weights that are not the model's own any more, by the names of graphs. */
  readonly changed: ReadonlySet<string>;
  /** Absolute paths of the adapters' files. */
  readonly files: readonly string[];
  /** Closes the files of the adapters, not those of the model. */
  dispose(): Promise<void>;
}

export interface OpenAdaptersOptions extends ReadOptions {
  /** Types of weights that change. Default: those that a backend gets. */
  readonly typeOf?: AdaptedType | undefined;
}

const embedding = "model.embed_tokens.weight";
const head = "lm_head.weight";

/**
 * Lays adapters over a model, one on top of the other. Every adapter is checked against the model here; weights are
 * merged when they are read.
 *
 * A head that is the embedding table becomes a weight of its own when an adapter changes one of the two, because that
 * is what the adapter was trained with.
 * @throws BayLingError `argument-invalid`, `adapter-…`, and what reading throws
 */
export async function openAdapters(
  model: LoadedModel,
  inputs: readonly AdapterInput[],
  { signal, typeOf = adaptedType }: OpenAdaptersOptions,
): Promise<AdaptedModel> {
  checkInputs(inputs);
  const base = baseOf(model);
  const adapters: Adapter[] = [];
  const dispose = async () => {
    await Promise.allSettled(adapters.map((adapter) => adapter.dispose()));
  };
  try {
    for (const { source } of inputs) adapters.push(await openAdapter(source, base, { signal }));
    const scales = inputs.map(({ scale = 1 }) => scale);
    const changes = gather(adapters, scales);
    const keys = adapters.map(({ contentKey }) => contentKey);
    const known = model.contentKey !== undefined && !keys.includes(undefined);
    return {
      loaded: {
        ...adapt(model, changes, typeOf),
        contentKey: known ? JSON.stringify(["adapted", model.contentKey, keys, scales]) : undefined,
      },
      changed: new Set(changes.keys()),
      files: adapters.flatMap(({ files }) => files),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function openAdapter(source: AdapterInput["source"], base: AdapterBase, options: ReadOptions): Promise<Adapter> {
  if (await isFolder(source)) {
    return openPeftAdapter(source, base, options);
  }
  return openGgufAdapter(source as GgufInput, base, options);
}

function checkInputs(inputs: readonly AdapterInput[]): void {
  if (!Array.isArray(inputs)) throw invalidArgument("adapters", "an array of { source, scale }", inputs);
  for (const [index, input] of (inputs as readonly unknown[]).entries()) {
    const field = `adapters[${index}]`;
    if (typeof input !== "object" || input === null || !("source" in input)) {
      throw invalidArgument(field, "{ source, scale }", input);
    }
    const { scale = 1 } = input as { readonly scale?: unknown };
    if (typeof scale !== "number" || !Number.isFinite(scale)) {
      throw invalidArgument(`${field}.scale`, "a finite number", scale);
    }
  }
}

function baseOf({ name, config, graph }: LoadedModel): AdapterBase {
  const shapes = new Map<string, readonly number[]>(graph.weights.map(({ name, shape }) => [name, shape]));
  shapes.set(head, shapes.get(embedding)!);
  return { name, config, shapes };
}

function gather(adapters: readonly Adapter[], scales: readonly number[]): ReadonlyMap<string, ScaledChange[]> {
  const changes = new Map<string, ScaledChange[]>();
  for (const [index, adapter] of adapters.entries()) {
    for (const [weight, change] of adapter.changes) {
      const scaled = { ...change, adapter: adapter.name, scale: scales[index]! };
      changes.set(weight, [...(changes.get(weight) ?? []), scaled]);
    }
  }
  return changes;
}

function adapt(
  { name, config, graph, weights }: LoadedModel,
  changes: ReadonlyMap<string, readonly ScaledChange[]>,
  typeOf: AdaptedType,
): LoadedModel {
  const untied = config.tieWordEmbeddings && (changes.has(embedding) || changes.has(head));
  const changed = untied ? buildGraph({ ...config, tieWordEmbeddings: false }) : graph;
  const baseName = (weight: string) => (untied && weight === head ? embedding : weight);
  return {
    name,
    config: changed.config,
    graph: changed,
    weights: new AdaptedWeights(weights, changes, baseName, typeOf),
  };
}
