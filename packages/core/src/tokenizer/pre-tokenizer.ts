import { BayLingError } from "../errors.ts";
import { compileSplitPattern } from "./split-pattern.ts";
import { cl100kScanner, patternScanner, scanGpt2Words, sequenceScanner, type WordScanner } from "./word-scanners.ts";

/** How a family of byte-level vocabularies cuts text into words before it merges, and what goes with it. */
export interface PreTokenizer {
  readonly scan: WordScanner;
  /** A word that is a token as a whole is taken as it is. */
  readonly wholeWords: boolean;
  /** Whether a model file of this family asks for BOS when it does not say. */
  readonly addsBos: boolean;
}

const upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
const contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const rest = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** GPT-2's words, as `tokenizer.json` files spell them. */
export const gpt2Pattern: string = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const tekkenPattern = `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${rest}`;
const gpt4oPattern = `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${contraction}?|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${contraction}?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${rest}`;

function cl100kPattern(digits: string): string {
  return `${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${rest}`;
}

/** GPT-2's words. */
export const gpt2Scanner: WordScanner = scanGpt2Words;

/** Patterns that have a scanner of their own, as `tokenizer.json` files spell them. */
const handWritten: ReadonlyMap<string, WordScanner> = new Map([
  [gpt2Pattern, gpt2Scanner],
  [cl100kPattern("\\p{N}{1,3}"), cl100kScanner(3, false)],
  [cl100kPattern("\\p{N}"), cl100kScanner(1, false)],
  [
    `${contraction}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${rest}`,
    cl100kScanner(1, true),
  ],
]);

/** Whether a pattern is known to leave no gaps between its matches. */
export function coversAllText(source: string): boolean {
  return handWritten.has(source) || source === tekkenPattern || source === gpt4oPattern;
}

/** The scanner of a pattern, or `undefined` when the pattern means something that this cannot express. */
export function scannerOfPattern(source: string): WordScanner | undefined {
  const known = handWritten.get(source);
  if (known !== undefined) return known;
  const pattern = compileSplitPattern(source);
  return pattern === undefined ? undefined : patternScanner(pattern);
}

const digitByDigit = "\\p{N}";
// What llama.cpp does with a file that names no pre-tokenizer, or "default".
const defaultPatterns = ["[\\p{P}$+<=>^~|]+", gpt2Pattern, "\\p{N}+", "[0-9][0-9][0-9]"];

/**
 * Families by the names that `tokenizer.ggml.pre` gives them, the one that converters write first: patterns applied one
 * after the other.
 */
const families: readonly {
  readonly names: readonly string[];
  readonly patterns: readonly string[];
  readonly wholeWords?: boolean;
  readonly addsBos?: boolean;
}[] = [
  { names: ["default"], patterns: defaultPatterns },
  {
    names: ["gpt-2", "phi-2", "gigachat", "a.x-4.0", "mellum", "exaone4", "olmo", "mpt", "jais", "trillion"],
    patterns: [gpt2Pattern],
  },
  {
    names: ["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"],
    patterns: [cl100kPattern("\\p{N}{1,3}")],
    wholeWords: true,
    addsBos: true,
  },
  { names: ["dbrx", "smaug-bpe", "glm4", "chatglm-bpe"], patterns: [cl100kPattern("\\p{N}{1,3}")] },
  {
    names: ["qwen2", "deepseek-r1-qwen", "kormo", "stablelm2", "megrez", "hunyuan", "solar-open", "grok-2"],
    patterns: [cl100kPattern("\\p{N}")],
  },
  {
    names: ["qwen35"],
    patterns: [
      `${contraction}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${rest}`,
    ],
  },
  {
    names: ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2"],
    patterns: [digitByDigit, gpt2Pattern],
  },
  { names: ["tekken"], patterns: [tekkenPattern], wholeWords: true, addsBos: true },
  { names: ["gpt-4o", "llama4", "kanana2", "minimax-m2"], patterns: [gpt4oPattern] },
];

/**
 * The pre-tokenizer that `tokenizer.ggml.pre` names; `default` when it names none.
 *
 * The names are llama.cpp's. Where llama.cpp approximates a pattern (`tekken`, `gpt-4o`: it takes letters outside
 * ASCII for upper and lower case at once), this follows the vocabulary's own pattern.
 * @throws BayLingError `tokenizer-not-supported`
 */
export function preTokenizerNamed(name: string | undefined, source: string): PreTokenizer {
  const family = families.find(({ names }) => names.includes(name ?? "default"));
  if (family === undefined) {
    throw new BayLingError("tokenizer-not-supported", {
      source,
      field: "tokenizer.ggml.pre",
      problem: "the pre-tokenizer is not known",
      expected: `one of ${families.flatMap(({ names }) => names).join(", ")}`,
      received: JSON.stringify(name),
    });
  }
  const [first, ...others] = family.patterns.map((pattern) => scannerOfPattern(pattern)!);
  return {
    scan: sequenceScanner([first!, ...others]),
    wholeWords: family.wholeWords ?? false,
    addsBos: family.addsBos ?? false,
  };
}

/**
 * What `tokenizer.ggml.pre` calls the pre-tokenizer that applies these patterns, one after the other; `undefined` for
 * one that GGUF has no name for.
 * @param wholeWords whether a word that is a token as a whole is taken as it is
 */
export function preTokenizerName(patterns: readonly string[], wholeWords: boolean): string | undefined {
  const same = (family: (typeof families)[number]) =>
    family.patterns.length === patterns.length &&
    family.patterns.every((pattern, index) => pattern === patterns[index]) &&
    (family.wholeWords ?? false) === wholeWords;
  return families.find(same)?.names[0];
}
