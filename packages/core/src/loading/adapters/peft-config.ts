import { describeValue } from "../../check-argument.ts";
import { BayLingError } from "../../errors.ts";
import { moduleMatcher } from "./module-pattern.ts";

/** How strong a PEFT adapter is, module by module. */
export interface PeftConfig {
  /** @param module e.g. `model.layers.0.self_attn.q_proj` @param rank that the file has */
  scaling(module: string, rank: number): number;
}

/** More than any model has modules. */
const mostPatterns = 10_000;

/** Ways to begin that leave the weights of the base alone; the others train against a base that they have changed. */
const plainBeginnings: readonly unknown[] = [undefined, null, true, false, "gaussian", "eva", "orthogonal"];

/** What weights that are merged cannot say, or what other weights than the base's would be needed for. */
const refused: Readonly<Record<string, string>> = {
  layer_replication: "layers would be there several times",
  megatron_config: "the layers are split over machines",
  alora_invocation_tokens: "it works from certain tokens on only",
  trainable_token_indices: "tokens have rows of their own",
  lora_bias: "the update has a bias",
  use_qalora: "inputs are pooled before the update",
  use_bdlora: "matrices are blocks",
  velora_config: "the update is not low-rank",
  arrow_config: "several adapters are mixed token by token",
};

/**
 * Reads what an `adapter_config.json` says of strength. What is merged where, the tensors say; `fan_in_fan_out` has no
 * effect, because PEFT itself sets it aside for linear layers, which is all that LLaMA has.
 * @throws BayLingError `adapter-not-supported` for what is no LoRA or changes more than weights, `adapter-invalid`
 */
export function readPeftConfig(json: Readonly<Record<string, unknown>>, source: string): PeftConfig {
  const invalid = (field: string, expected: string, value: unknown = json[field]) =>
    new BayLingError("adapter-invalid", {
      source,
      field,
      problem: "the setting makes no sense",
      expected,
      received: value === undefined ? "nothing" : describeValue(value),
    });
  const unsupported = (field: string, problem: string, expected?: string) => {
    const received = describeValue(json[field]);
    return new BayLingError("adapter-not-supported", { source, field, problem, expected, received });
  };
  const flag = (field: string): boolean => {
    const value = json[field] ?? false;
    if (typeof value !== "boolean") throw invalid(field, "true or false");
    return value;
  };
  const patterns = (field: string, expected: string, fits: (value: number) => boolean) => {
    const value = json[field] ?? {};
    if (typeof value !== "object" || Array.isArray(value)) throw invalid(field, "an object from modules to numbers");
    const entries = Object.entries(value);
    if (entries.length > mostPatterns) throw invalid(field, `at most ${mostPatterns} entries`, entries.length);
    return entries.map(([pattern, number]) => {
      if (typeof number !== "number" || !fits(number)) throw invalid(`${field}.${pattern}`, expected, number);
      return { matches: moduleMatcher(pattern, `${field}.${pattern}`, source), number };
    });
  };

  if (typeof json.peft_type !== "string") throw invalid("peft_type", "LORA");
  if (json.peft_type !== "LORA") throw unsupported("peft_type", "this is no LoRA adapter", "LORA");
  for (const [field, reason] of Object.entries(refused)) {
    const value = json[field] ?? false;
    if (value !== false) throw unsupported(field, `the adapter is not merged into weights: ${reason}`);
  }
  if (!plainBeginnings.includes(json.init_lora_weights)) {
    const problem = "the adapter belongs to weights that this way of beginning has changed, not to the model's own";
    throw unsupported("init_lora_weights", problem, "an adapter that was converted to a plain one");
  }

  const isRank = (value: number) => Number.isSafeInteger(value) && value >= 1;
  const { r, lora_alpha: alpha = 8 } = json;
  if (typeof r !== "number" || !isRank(r)) throw invalid("r", "a positive integer");
  if (typeof alpha !== "number" || !Number.isFinite(alpha)) throw invalid("lora_alpha", "a number");
  const rootOfRank = flag("use_rslora");
  const ranks = patterns("rank_pattern", "a positive integer", isRank);
  const alphas = patterns("alpha_pattern", "a number", Number.isFinite);
  return {
    scaling(module, rank) {
      const expected = ranks.find(({ matches }) => matches(module))?.number ?? r;
      // Alpha is divided by it, so which of the two is right matters.
      if (rank !== expected) throw invalid("r", `${rank}, as the matrices of ${module} have it`, expected);
      const strength = alphas.find(({ matches }) => matches(module))?.number ?? alpha;
      return strength / (rootOfRank ? Math.sqrt(rank) : rank);
    },
  };
}
