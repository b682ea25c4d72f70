import { describeValue } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { Architecture, ModelConfig, RopeScaling } from "../graph/model-config.ts";
import { huggingFacePairing } from "./hugging-face-names.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** What `transformers` takes when a file is silent. */
interface FamilyDefaults {
  readonly maxPositionEmbeddings: number;
  readonly keyValueHeads: number | undefined;
  readonly headSize: number | undefined;
  readonly slidingWindow: number | undefined;
}

const families: Readonly<Record<Architecture, FamilyDefaults>> = {
  llama: { maxPositionEmbeddings: 2048, keyValueHeads: undefined, headSize: undefined, slidingWindow: undefined },
  mistral: { maxPositionEmbeddings: 131072, keyValueHeads: 8, headSize: undefined, slidingWindow: 4096 },
  qwen2: { maxPositionEmbeddings: 32768, keyValueHeads: 32, headSize: undefined, slidingWindow: 4096 },
  qwen3: { maxPositionEmbeddings: 32768, keyValueHeads: 32, headSize: 128, slidingWindow: 4096 },
};

/** Two norms, four projections of attention, three of the feed-forward part. */
const tensorsOfLayer = 9;

/** Real heads have 64 to 512 elements. */
const largestHead = 8192;

/** Of all backends; a hostile factor must not make more. */
const mostPositions = 2 ** 31 - 1;

/** Where a configuration comes from, and what its numbers are measured against. */
export interface ConfigOrigin {
  /** The file, for messages. */
  readonly source: string;
  /** What the folder is called. */
  readonly title: string | undefined;
  /** How many tensors the weights have. */
  readonly tensorCount: number;
}

/**
 * Reads hyper-parameters from a `config.json`. Numbers are checked against each other here and against the tensors by
 * the shape check.
 * @throws BayLingError `architecture-not-supported` for what the graph cannot say, `model-config-invalid`
 */
export function readHuggingFaceConfig(json: JsonObject, { source, title, tensorCount }: ConfigOrigin): ModelConfig {
  const file = new ConfigReader(json, source);
  const architecture = readArchitecture(file);
  const defaults = families[architecture];
  refuseOthers(file);

  const numHiddenLayers = file.integer("num_hidden_layers");
  // Hazard: the graph is built from this number, so a hostile one would fill the memory before any tensor is missed.
  const mostLayers = Math.floor(tensorCount / tensorsOfLayer);
  if (numHiddenLayers > mostLayers) {
    const held = `at most ${mostLayers}: there are ${tensorCount} tensors, and a layer needs ${tensorsOfLayer}`;
    throw file.invalid("num_hidden_layers", held);
  }
  const hiddenSize = file.integer("hidden_size");
  const numAttentionHeads = file.integer("num_attention_heads");
  const numKeyValueHeads = file.integer("num_key_value_heads", defaults.keyValueHeads ?? numAttentionHeads);
  if (numAttentionHeads % numKeyValueHeads !== 0) {
    throw file.invalid("num_key_value_heads", `a divisor of the ${numAttentionHeads} query heads`);
  }
  const headSize = file.integer("head_dim", defaults.headSize ?? hiddenSize / numAttentionHeads);
  // Hazard: tables of RoPE are made for it before any tensor is asked for.
  if (headSize > largestHead || headSize % 2 !== 0) {
    throw file.invalid("head_dim", `an even number, at most ${largestHead}`, headSize);
  }
  const maxPositionEmbeddings = file.integer("max_position_embeddings", defaults.maxPositionEmbeddings);
  const scaling = readScaling(file, maxPositionEmbeddings);
  const biased = file.boolean("attention_bias", false);
  return {
    architecture,
    name: title ?? baseName(json),
    vocabularySize: file.integer("vocab_size"),
    hiddenSize,
    intermediateSize: file.integer("intermediate_size"),
    numHiddenLayers,
    numAttentionHeads,
    numKeyValueHeads,
    headSize,
    // YaRN's factor counts from the trained length, and files state that one only.
    maxPositionEmbeddings:
      scaling?.type === "yarn"
        ? Math.max(
            maxPositionEmbeddings,
            Math.min(mostPositions, Math.floor(scaling.originalMaxPositionEmbeddings * scaling.factor)),
          )
        : maxPositionEmbeddings,
    rmsNormEpsilon: file.positive("rms_norm_eps", 1e-6),
    rope: {
      theta: file.within(ropeParameters(file)).positive("rope_theta", file.positive("rope_theta", 10_000)),
      pairing: huggingFacePairing,
      rotaryDimension: headSize,
      scaling,
    },
    slidingWindow: readWindow(file, architecture, numHiddenLayers, defaults),
    attentionBias: attentionBias(architecture, biased),
    queryKeyNorm: architecture === "qwen3",
    tieWordEmbeddings: file.boolean("tie_word_embeddings", false),
  };
}

/** What the model was made from, as its file says it: the last part of `owner/name` or of a path. */
export function baseName(json: JsonObject): string | undefined {
  const name = json._name_or_path;
  return typeof name === "string" ? name.split(/[/\\]/).findLast((part) => part !== "") : undefined;
}

function attentionBias(architecture: Architecture, biased: boolean): ModelConfig["attentionBias"] {
  if (architecture === "qwen2") return { query: true, key: true, value: true, output: false };
  const all = biased && architecture !== "mistral";
  return { query: all, key: all, value: all, output: all };
}

function readArchitecture(file: ConfigReader): Architecture {
  const { model_type: type, architectures } = file.json;
  const [className] = Array.isArray(architectures) ? (architectures as readonly unknown[]) : [];
  const stated = /^(.+)ForCausalLM$/i.exec(String(className ?? ""))?.[1]?.toLowerCase();
  const name = type ?? stated;
  const known = Object.keys(families) as Architecture[];
  const architecture = known.find((family) => family === name);
  if (architecture === undefined) throw file.unsupported("model_type", known.join(", "), name);
  if (className !== undefined && stated !== architecture) {
    throw file.unsupported("architectures", `the causal language model of ${architecture}`, className);
  }
  return architecture;
}

/** What would change the scores, and the graph cannot say. */
function refuseOthers(file: ConfigReader): void {
  const { json } = file;
  const activation = json.hidden_act ?? "silu";
  if (activation !== "silu" && activation !== "swish") throw file.unsupported("hidden_act", "silu", activation);
  if (file.boolean("mlp_bias", false)) throw file.unsupported("mlp_bias", "false", true);
  const quantization = json.quantization_config ?? undefined;
  if (quantization !== undefined) {
    const method = (quantization as { readonly quant_method?: unknown }).quant_method ?? quantization;
    throw file.unsupported("quantization_config.quant_method", "weights that are not quantized, or GGUF", method);
  }
  const rotating = file.within(ropeParameters(file)).json.partial_rotary_factor ?? json.partial_rotary_factor ?? 1;
  if (rotating !== 1) throw file.unsupported("partial_rotary_factor", "1", rotating);
}

/** `rope_scaling`; files of newer releases hold the base too, in `rope_parameters`. */
function ropeParameters({ json }: ConfigReader): string {
  return (json.rope_parameters ?? undefined) === undefined ? "rope_scaling" : "rope_parameters";
}

/** As `modeling_rope_utils.py` of `transformers` reads it. */
function readScaling(file: ConfigReader, maxPositionEmbeddings: number): RopeScaling | undefined {
  const rope = file.within(ropeParameters(file));
  const type: unknown = rope.json.rope_type ?? rope.json.type ?? "default";
  const nested = Object.entries(rope.json).find(([, value]) => typeof value === "object" && value !== null);
  if (nested !== undefined) throw rope.unsupported(nested[0], "one rotation for all layers", nested[1]);
  switch (type) {
    case "default":
      return undefined;
    case "linear": {
      const factor = rope.positive("factor");
      return factor === 1 ? undefined : { type, factor };
    }
    case "llama3": {
      const lowFrequencyFactor = rope.positive("low_freq_factor");
      const highFrequencyFactor = rope.positive("high_freq_factor");
      if (highFrequencyFactor <= lowFrequencyFactor) {
        throw rope.invalid("high_freq_factor", `more than low_freq_factor, ${lowFrequencyFactor}`);
      }
      const originalMaxPositionEmbeddings = rope.integer("original_max_position_embeddings");
      const factor = rope.positive("factor");
      return { type, factor, lowFrequencyFactor, highFrequencyFactor, originalMaxPositionEmbeddings };
    }
    case "yarn":
      return readYarn(rope, maxPositionEmbeddings);
    default:
      throw rope.unsupported("rope_type", "default, linear, llama3 or yarn", type);
  }
}

function readYarn(rope: ConfigReader, maxPositionEmbeddings: number): RopeScaling {
  const factor = rope.positive("factor");
  if (!rope.boolean("truncate", true)) throw rope.unsupported("truncate", "true", false);
  const temperature = (scale = 1) => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);
  const { mscale, mscale_all_dim: overall } = rope.json;
  const attentionFactor =
    mscale && overall
      ? temperature(rope.positive("mscale")) / temperature(rope.positive("mscale_all_dim"))
      : temperature();
  return {
    type: "yarn",
    factor,
    originalMaxPositionEmbeddings: rope.integer("original_max_position_embeddings", maxPositionEmbeddings),
    betaFast: rope.positive("beta_fast", 32),
    betaSlow: rope.positive("beta_slow", 1),
    attentionFactor: rope.positive("attention_factor", attentionFactor),
  };
}

/** The graph has one window for all layers or none. */
function readWindow(
  file: ConfigReader,
  architecture: Architecture,
  layers: number,
  defaults: FamilyDefaults,
): number | undefined {
  const { json } = file;
  if (architecture === "llama") return undefined;
  if (architecture !== "mistral" && !file.boolean("use_sliding_window", false)) return undefined;
  if (json.sliding_window === null) return undefined;
  const window = file.integer("sliding_window", defaults.slidingWindow);
  const types = json.layer_types ?? undefined;
  if (Array.isArray(types)) {
    if (types.every((type) => type === "full_attention")) return undefined;
    if (types.every((type) => type === "sliding_attention")) return window;
    throw file.unsupported("layer_types", "layers that are all alike", [...new Set(types)].join(", "));
  }
  if (architecture === "mistral") return window;
  const full = json.max_window_layers === 0 ? 0 : file.integer("max_window_layers", 28);
  if (full >= layers) return undefined;
  if (full > 0) throw file.unsupported("max_window_layers", `0, or all ${layers} layers`, full);
  return window;
}

/** Reads values of unknown type; what is wrong is an error that names file and field. */
class ConfigReader {
  readonly json: JsonObject;
  readonly #source: string;
  readonly #path: string;

  constructor(json: JsonObject, source: string, path = "") {
    this.json = json;
    this.#source = source;
    this.#path = path;
  }

  /** The fields of an object within; none where it is absent or null. */
  within(name: string): ConfigReader {
    const value = this.json[name] ?? {};
    if (typeof value !== "object" || Array.isArray(value)) throw this.invalid(name, "an object");
    return new ConfigReader(value as JsonObject, this.#source, `${this.#path}${name}.`);
  }

  integer(name: string, fallback?: number): number {
    const value = this.json[name] ?? fallback;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
    throw this.invalid(name, "a positive integer", value);
  }

  positive(name: string, fallback?: number): number {
    const value = this.json[name] ?? fallback;
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
    throw this.invalid(name, "a positive number", value);
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.json[name] ?? fallback;
    if (typeof value === "boolean") return value;
    throw this.invalid(name, "true or false", value);
  }

  invalid(name: string, expected: string, value: unknown = this.json[name]): BayLingError {
    return new BayLingError("model-config-invalid", {
      source: this.#source,
      field: this.#path + name,
      problem: "the hyper-parameter makes no sense",
      expected,
      received: value === undefined ? "nothing" : describeValue(value),
    });
  }

  unsupported(name: string, expected: string, value: unknown): BayLingError {
    return new BayLingError("architecture-not-supported", {
      source: this.#source,
      field: this.#path + name,
      problem: "this SDK cannot build the graph of the model",
      expected,
      received: typeof value === "string" ? value : describeValue(value),
    });
  }
}
