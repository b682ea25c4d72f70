import { checkOptions, describeValue, invalidArgument as invalid } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { SamplingSpec } from "../sampling/sampling-spec.ts";
import { type Constraint, isRequirement } from "./constraints/constraint.ts";
import type { Sequence } from "./sequence.ts";

/** What a logits processor sees besides the scores. */
export interface LogitsContext {
  /** Prompt and generated tokens so far, without what a full context has dropped. */
  readonly tokens: readonly number[];
  /** How many of them, at the end, are generated. */
  readonly generated: number;
}

/**
 * Changes scores before a token is chosen: add to shift, set to −Infinity to forbid. Called once for each position
 * (and beam) with log-probabilities of the whole vocabulary, which it changes in place.
 */
export type LogitsProcessor = (scores: Float32Array, context: LogitsContext) => void;

/**
 * What to do when the context is full:
 * - `error`: throw `context-full`; what was generated so far has been delivered
 * - `stop`: end with the finish reason `context`
 * - `{ keep }`: keep the first `keep` tokens (the system prompt), drop the older half of the rest, and go on
 */
export type ContextFullStrategy = "error" | "stop" | { readonly keep: number };

export interface GenerateOptions {
  /** Stop after this many tokens. Default: until the model ends. */
  readonly maxTokens?: number | undefined;
  /** 0 (default) is greedy. */
  readonly temperature?: number | undefined;
  /** Keep the k best tokens. Default 0: all. */
  readonly topK?: number | undefined;
  /** Keep the best tokens up to this share of probability. Default 1: all. */
  readonly topP?: number | undefined;
  /** Keep tokens at least this fraction as probable as the best. Default 0: all. */
  readonly minP?: number | undefined;
  /** Default 1: off. */
  readonly repetitionPenalty?: number | undefined;
  /** Default 0: off. */
  readonly frequencyPenalty?: number | undefined;
  /** Default 0: off. */
  readonly presencePenalty?: number | undefined;
  /** How many of the last tokens penalties look at. Default 64. */
  readonly penaltyWindow?: number | undefined;
  /** Added to the scores of single tokens; −Infinity forbids. */
  readonly logitBias?: ReadonlyMap<number, number> | Readonly<Record<number, number>> | undefined;
  /** Unsigned 32-bit; the same seed gives the same text. Default: a random one. */
  readonly seed?: number | undefined;
  /** Beam search of this width. Default 1: none. */
  readonly beams?: number | undefined;
  /** A hypothesis scores log-probability / length ** lengthPenalty. Default 1. */
  readonly lengthPenalty?: number | undefined;
  /** End beam search as soon as `beams` hypotheses are complete. Default false: when none can get better. */
  readonly earlyStopping?: boolean | undefined;
  /** Strings that end the text; they are not part of it. They may straddle tokens. */
  readonly stop?: string | readonly string[] | undefined;
  /** Tokens that end the text, besides the model's own end tokens. */
  readonly stopTokens?: readonly number[] | undefined;
  /** Go on past the model's end tokens. Default false. */
  readonly ignoreEnd?: boolean | undefined;
  /** Return the log-probability of every token, and this many alternatives. Costs nothing when absent. */
  readonly logprobs?: number | undefined;
  readonly processLogits?: LogitsProcessor | undefined;
  /**
   * Rules that the text keeps, whatever the model would like. It ends only where all of them let it, also at
   * `maxTokens`: what they ask for comes in time. What is required finds its best place with beams; without, what is
   * missing is written where the model would end.
   */
  readonly constraints?: readonly Constraint[] | undefined;
  /**
   * The text may begin with one space that the constraints do not see, for vocabularies whose words begin with one.
   * Default false.
   */
  readonly leadingSpace?: boolean | undefined;
  /**
   * Tokens of a text that this one resembles: the last version of a translation that is revised. It is looked ahead along,
   * in one evaluation for many tokens; which tokens are written does not change. Not with beams. Default none.
   */
  readonly draft?: readonly number[] | undefined;
  /** How the text begins, where the prompt holds its beginning: constraints have seen it. See `splitPrefix`. */
  readonly begun?: string | Uint8Array | undefined;
  /** Default `error`. */
  readonly onContextFull?: ContextFullStrategy | undefined;
  /**
   * Generate on this sequence of the same model, reusing what it holds of the prompt. Leave it alone meanwhile.
   * Afterwards it holds the prompt and what was generated, of which the last token may be missing (it would be
   * evaluated with the next one); after a beam search the prompt. Default: one of the model's own.
   */
  readonly sequence?: Sequence | undefined;
  /** Of the prompt. Default: as the model file asks. */
  readonly addBos?: boolean | undefined;
  /** Whether special tokens spelled out in the prompt are special. Default false. */
  readonly parseSpecial?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** {@link GenerateOptions}, checked and complete. */
export interface GenerationSettings {
  readonly maxTokens: number;
  readonly sampling: SamplingSpec;
  readonly beams: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: boolean;
  readonly stop: readonly string[];
  readonly stopTokens: readonly number[];
  readonly logprobs: number | undefined;
  readonly processLogits: LogitsProcessor | undefined;
  readonly constraints: readonly Constraint[];
  readonly leadingSpace: boolean;
  readonly draft: readonly number[];
  readonly begun: Uint8Array;
  readonly onContextFull: ContextFullStrategy;
  readonly signal: AbortSignal | undefined;
  readonly vocabularySize: number;
}

/**
 * @param endTokens the model's own end tokens
 * @throws BayLingError `argument-invalid` that names the option, `token-out-of-range`
 */
export function resolveOptions(
  options: GenerateOptions,
  endTokens: ReadonlySet<number>,
  vocabularySize: number,
): GenerationSettings {
  checkOptions(options);
  const number = (
    field: keyof GenerateOptions,
    fallback: number,
    { from, to = Infinity, integer = false }: { from: number; to?: number; integer?: boolean },
  ): number => {
    const value = options[field] ?? fallback;
    if (
      typeof value === "number" &&
      value >= from &&
      value <= to &&
      (!integer || value === fallback || Number.isInteger(value))
    ) {
      return value;
    }
    const kind = integer ? "an integer" : "a number";
    throw invalid(field, to === Infinity ? `${kind} from ${from} on` : `${kind} from ${from} to ${to}`, value);
  };
  const token = (field: string, id: number): number => {
    if (Number.isInteger(id) && id >= 0 && id < vocabularySize) return id;
    throw new BayLingError("token-out-of-range", {
      field,
      problem: "the vocabulary has no such token",
      expected: `an integer from 0 to ${vocabularySize - 1}`,
      received: describeValue(id),
    });
  };

  const beams = number("beams", 1, { from: 1, to: 1024, integer: true });
  const temperature = number("temperature", 0, { from: 0, to: 1e6 });
  if (beams > 1 && temperature > 0)
    throw invalid("temperature", "0 with beam search, which does not draw", temperature);
  const stop = resolveStop(options.stop);
  const { onContextFull = "error", processLogits, stopTokens = [], draft = [] } = options;
  if (onContextFull !== "error" && onContextFull !== "stop" && typeof onContextFull?.keep !== "number") {
    throw invalid("onContextFull", '"error", "stop" or { keep }', onContextFull);
  }
  const keep = typeof onContextFull === "object" ? onContextFull.keep : 0;
  if (!Number.isInteger(keep) || keep < 0) throw invalid("onContextFull.keep", "an integer from 0 on", keep);
  if (processLogits !== undefined && typeof processLogits !== "function") {
    throw invalid("processLogits", "a function", processLogits);
  }
  if (!Array.isArray(draft)) throw invalid("draft", "an array of token ids", draft);
  if (!Array.isArray(stopTokens)) throw invalid("stopTokens", "an array of token ids", stopTokens);
  if (beams > 1 && typeof onContextFull === "object") {
    throw invalid("onContextFull", '"error" or "stop" with beam search', "{ keep }");
  }
  return {
    maxTokens: number("maxTokens", Infinity, { from: 1, integer: true }),
    sampling: {
      temperature,
      topK: number("topK", 0, { from: 0, integer: true }),
      topP: number("topP", 1, { from: Number.MIN_VALUE, to: 1 }),
      minP: number("minP", 0, { from: 0, to: 1 }),
      repetitionPenalty: number("repetitionPenalty", 1, { from: Number.MIN_VALUE, to: 1e6 }),
      frequencyPenalty: number("frequencyPenalty", 0, { from: -100, to: 100 }),
      presencePenalty: number("presencePenalty", 0, { from: -100, to: 100 }),
      penaltyWindow: number("penaltyWindow", 64, { from: 0, integer: true }),
      logitBias: resolveBias(options.logitBias, token),
      seed: number("seed", Math.floor(Math.random() * 2 ** 32), { from: 0, to: 2 ** 32 - 1, integer: true }),
    },
    beams,
    lengthPenalty: number("lengthPenalty", 1, { from: -100, to: 100 }),
    earlyStopping: options.earlyStopping ?? false,
    stop,
    stopTokens: [
      ...(options.ignoreEnd === true ? [] : endTokens),
      // Not `map`, which passes holes over.
      ...Array.from(stopTokens, (id: number) => token("stopTokens", id)),
    ],
    logprobs: options.logprobs === undefined ? undefined : number("logprobs", 0, { from: 0, integer: true }),
    processLogits,
    constraints: resolveConstraints(options.constraints),
    leadingSpace: resolveFlag("leadingSpace", options.leadingSpace),
    draft: Array.from(draft, (id: number) => token("draft", id)),
    begun: resolveBegun(options.begun),
    onContextFull,
    signal: options.signal,
    vocabularySize,
  };
}

function resolveConstraints(constraints: GenerateOptions["constraints"] = []): readonly Constraint[] {
  if (!Array.isArray(constraints)) throw invalid("constraints", "an array of constraints", constraints);
  const common = ["begin", "step", "mayEnd", "key", "bytesToEnd"];
  return Array.from(constraints, (constraint: Constraint) => {
    const methods = constraint as unknown as Readonly<Record<string, unknown>> | null | undefined;
    const isObject = typeof methods === "object" && methods !== null;
    const needed = isObject && isRequirement(constraint) ? [...common, "writtenBytes", "continuations"] : common;
    const missing = isObject ? needed.find((name) => typeof methods[name] !== "function") : "begin";
    if (missing === undefined && typeof constraint.name === "string") return constraint;
    throw invalid("constraints", `constraints, each with a name and ${needed.join(", ")}`, constraint);
  });
}

function resolveFlag(field: string, flag: boolean | undefined = false): boolean {
  if (typeof flag === "boolean") return flag;
  throw invalid(field, "a boolean", flag);
}

function resolveBegun(begun: GenerateOptions["begun"] = ""): Uint8Array {
  if (begun instanceof Uint8Array) return begun;
  if (typeof begun !== "string") throw invalid("begun", "a string or a Uint8Array", begun);
  return new TextEncoder().encode(begun);
}

function resolveStop(stop: GenerateOptions["stop"] = []): readonly string[] {
  const texts: unknown = typeof stop === "string" ? [stop] : stop;
  if (!Array.isArray(texts)) throw invalid("stop", "a string or an array of strings", stop);
  return Array.from(texts, (text: unknown) => {
    if (typeof text === "string" && text !== "") return text;
    throw invalid("stop", "strings that are not empty", text);
  });
}

function resolveBias(
  bias: GenerateOptions["logitBias"],
  token: (field: string, id: number) => number,
): ReadonlyMap<number, number> {
  if (bias === undefined) return new Map();
  if (typeof bias !== "object" || bias === null) throw invalid("logitBias", "a Map or an object", bias);
  const entries =
    bias instanceof Map ? [...bias] : Object.entries(bias).map(([id, value]) => [Number(id), value] as const);
  for (const [id, value] of entries) {
    token("logitBias", id);
    if (typeof value !== "number" || Number.isNaN(value) || value === Infinity) {
      throw invalid(`logitBias[${describeValue(id)}]`, "a finite number or −Infinity", value);
    }
  }
  return new Map(entries);
}
