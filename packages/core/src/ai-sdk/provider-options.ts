import { invalidArgument } from "../check-argument.ts";
import type { Constraint } from "../generation/constraints/constraint.ts";
import type { ForbiddenTermOptions } from "../generation/constraints/forbid.ts";
import type { LengthLimitOptions } from "../generation/constraints/length-limit.ts";
import type { GenerateOptions } from "../generation/generation-options.ts";

/** Options of `model.generate()` that the AI SDK has no names for. */
type DecodingOptions = Pick<
  GenerateOptions,
  | "minP"
  | "repetitionPenalty"
  | "penaltyWindow"
  | "beams"
  | "lengthPenalty"
  | "earlyStopping"
  | "ignoreEnd"
  | "logprobs"
>;

/**
 * `providerOptions.bayling` of a call: what decoding can do beyond the AI SDK's own options. Rules go by the names of the
 * functions of `@bayling/core/constraints` that make them, and are kept whatever the model would like.
 */
export interface BayLingProviderOptions extends DecodingOptions {
  /** Added to the scores of tokens, by id. */
  readonly logitBias?: Readonly<Record<string, number>> | undefined;
  /** Texts that the reply has to contain; of a list, one of its texts. */
  readonly requireTerms?: readonly (string | readonly string[])[] | undefined;
  readonly forbid?: readonly (string | ForbiddenTermOptions)[] | undefined;
  /** How the reply begins. */
  readonly keepPrefix?: string | undefined;
  /** GBNF. */
  readonly matchGrammar?: string | undefined;
  readonly matchRegularExpression?: string | undefined;
  readonly limitLength?: LengthLimitOptions | undefined;
}

const decodingNames: ReadonlySet<string> = new Set<keyof BayLingProviderOptions>([
  ...(["minP", "repetitionPenalty", "penaltyWindow", "logitBias", "beams", "lengthPenalty"] as const),
  ...(["earlyStopping", "ignoreEnd", "logprobs"] as const),
]);

const ruleNames = ["requireTerms", "forbid", "keepPrefix", "matchGrammar", "matchRegularExpression", "limitLength"];

/**
 * @param given of the caller, unchecked
 * @throws BayLingError `argument-invalid` for names that there are not, and as the makers of rules
 */
export async function readProviderOptions(
  given: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly decoding: GenerateOptions; readonly constraints: readonly Constraint[] }> {
  const field = "providerOptions.bayling";
  if (typeof given !== "object" || given === null) throw invalidArgument(field, "an object", given);
  const names = Object.keys(given).filter((name) => given[name] !== undefined);
  const wrong = names.find((name) => !decodingNames.has(name) && !ruleNames.includes(name));
  if (wrong !== undefined) {
    throw invalidArgument(field, `options among ${[...decodingNames, ...ruleNames].join(", ")}`, wrong);
  }
  const decoding = Object.fromEntries(
    names.filter((name) => decodingNames.has(name)).map((name) => [name, given[name]]),
  );
  const hasRules = names.some((name) => ruleNames.includes(name));
  return { decoding, constraints: hasRules ? await readRules(given as BayLingProviderOptions) : [] };
}

async function readRules(options: BayLingProviderOptions): Promise<readonly Constraint[]> {
  const make = await import("../generation/constraints/index.ts");
  const { requireTerms, forbid, keepPrefix, matchGrammar, matchRegularExpression, limitLength } = options;
  const rules: Constraint[] = [];
  if (requireTerms !== undefined) rules.push(make.requireTerms(requireTerms));
  if (forbid !== undefined) rules.push(make.forbid(forbid));
  if (keepPrefix !== undefined) rules.push(make.keepPrefix(keepPrefix));
  if (matchGrammar !== undefined) rules.push(make.matchGrammar(matchGrammar));
  if (matchRegularExpression !== undefined) rules.push(make.matchRegularExpression(matchRegularExpression));
  if (limitLength !== undefined) rules.push(make.limitLength(limitLength));
  return rules;
}
