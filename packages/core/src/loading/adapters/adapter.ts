import type { ModelConfig } from "../../graph/model-config.ts";
import type { ModelSource } from "../../sources/is-folder.ts";
import type { AdapterMatrix } from "./adapter-matrix.ts";

/** An adapter to be laid over a model, and how much of it. */
export interface AdapterInput {
  /** A folder of PEFT (`adapter_config.json` and `adapter_model.safetensors`), or a GGUF adapter of llama.cpp. */
  readonly source: ModelSource;
  /** How much of what the adapter changes is applied: 0 nothing, 1 all of it. May be negative or larger. Default 1. */
  readonly scale?: number | undefined;
}

/** What an adapter has to fit. */
export interface AdapterBase {
  /** Path or URL of the model, for messages. */
  readonly name: string;
  readonly config: ModelConfig;
  /** Shapes of all weights that can change, by the names of graphs. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** scaling · left · right, which is added to a matrix of [rows, columns]. */
export interface LowRankUpdate {
  /** [rows, rank] */
  readonly left: AdapterMatrix;
  /** [rank, columns] */
  readonly right: AdapterMatrix;
  readonly scaling: number;
}

/** What an adapter does to one weight, in this order. */
export interface WeightChange {
  /** Takes the place of the weight. A vector has one column. */
  readonly replacement?: AdapterMatrix | undefined;
  readonly update?: LowRankUpdate | undefined;
  /** Lengths that the rows get (DoRA, arXiv 2402.09353): [rows, 1]. */
  readonly magnitude?: AdapterMatrix | undefined;
}

/** An open adapter that fits its base. */
export interface Adapter {
  /** Path, file name or URL. */
  readonly name: string;
  /** By the names of graphs; rows in the order of the base. */
  readonly changes: ReadonlyMap<string, WeightChange>;
  /** Absolute paths of its files, where they lie on the disk. */
  readonly files: readonly string[];
  /** Equal keys, equal changes; `undefined` where nobody can tell. */
  readonly contentKey: string | undefined;
  dispose(): Promise<void>;
}
