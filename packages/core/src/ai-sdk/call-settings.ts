import type { LanguageModelV3CallOptions, SharedV3Warning } from "@ai-sdk/provider";
import type { ReplyOptions } from "../chat-session.ts";
import type { Constraint } from "../generation/constraints/constraint.ts";
import type { JsonSchema } from "../generation/constraints/grammar/json-schema-error.ts";
import type { GenerateOptions } from "../generation/generation-options.ts";
import { unsupported } from "./ai-sdk-error.ts";
import { jsonResponse } from "./json-response.ts";
import { readProviderOptions } from "./provider-options.ts";

/** Options for calls that say nothing else; each call has a signal of its own. */
export type CallDefaults = Omit<ReplyOptions, "signal">;

/** A call's options in the words of `model.generate()`, but for its signal, and what cannot be said in them. */
export interface CallSettings {
  readonly options: GenerateOptions;
  readonly warnings: readonly SharedV3Warning[];
}

/**
 * @param defaults for what the call leaves open
 * @throws AI_UnsupportedFunctionalityError where a tool must be called; BayLingError as {@link readProviderOptions} and
 * {@link jsonResponse}
 */
export async function readCallSettings(
  call: LanguageModelV3CallOptions,
  defaults: CallDefaults,
): Promise<CallSettings> {
  const warnings: SharedV3Warning[] = readTools(call);
  const { decoding, constraints } = await readProviderOptions(call.providerOptions?.bayling);
  const rules: Constraint[] = [...(defaults.constraints ?? []), ...constraints];
  const { responseFormat } = call;
  if (responseFormat?.type === "json") {
    const { constraint, notEnforced } = await jsonResponse(responseFormat.schema as JsonSchema | undefined);
    rules.push(constraint);
    if (notEnforced.length > 0) {
      const details = `decoding does not enforce ${notEnforced.join(", ")}`;
      warnings.push({ type: "compatibility", feature: "responseFormat.schema", details });
    }
  }
  const { maxOutputTokens: maxTokens, temperature, topP, topK, presencePenalty, frequencyPenalty, seed } = call;
  const named = { maxTokens, temperature, topP, topK, presencePenalty, frequencyPenalty, seed: wrapSeed(seed) };
  const { stop = [] } = defaults;
  const options: GenerateOptions = {
    // What was generated up to there is the reply.
    onContextFull: "stop",
    ...defaults,
    ...decoding,
    ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)),
    stop: [stop, call.stopSequences ?? []].flat(),
    constraints: rules,
  };
  return { options, warnings };
}

/** The AI SDK's seeds are integers, core's are unsigned and of 32 bits. */
function wrapSeed(seed: number | undefined): number | undefined {
  return Number.isSafeInteger(seed) ? seed! >>> 0 : seed;
}

function readTools({ tools = [], toolChoice }: LanguageModelV3CallOptions): SharedV3Warning[] {
  if (tools.length === 0 || toolChoice?.type === "none") return [];
  const details = "the model was taught no format in which it could call tools";
  if (toolChoice?.type === "required" || toolChoice?.type === "tool") throw unsupported("tool calls", details);
  return [{ type: "unsupported", feature: "tools", details }];
}
