import type {
  JSONObject,
  LanguageModelV3CallOptions,
  LanguageModelV3FinishReason,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
  LanguageModelV3Usage,
  SharedV3ProviderMetadata,
  SharedV3Warning,
} from "@ai-sdk/provider";
import type { FinishReason } from "../generation/generate.ts";
import type { Generation } from "../generation/generation.ts";
import type { GenerateOptions } from "../generation/generation-options.ts";
import { sequencePermits } from "../generation/semaphore.ts";
import type { GeneratedToken } from "../generation/text-stream.ts";
import { linkSignals } from "../linked-signal.ts";
import type { Model } from "../model.ts";
import type { DialoguePrompt } from "../prompt/dialogue-encoder.ts";
import { toAiSdkError } from "./ai-sdk-error.ts";

/** A reply that is about to be written. */
export interface Reply {
  readonly model: Model;
  readonly modelId: string;
  readonly prompt: DialoguePrompt;
  /** Without a signal. */
  readonly options: GenerateOptions;
  readonly warnings: readonly SharedV3Warning[];
  /** What the AI SDK shows as the body of the request. */
  readonly request: JSONObject;
  /** The model begins its reply with a space that is no part of it. */
  readonly spaceBeforeReply: boolean;
  /** Called at the end where the tokens are all of the text. */
  readonly onWritten: (text: string, tokens: readonly number[]) => void;
}

type FinishPart = Extract<LanguageModelV3StreamPart, { type: "finish" }>;

/** A whole reply. @throws as `model.generate()`, in the AI SDK's kinds of errors; the signal's reason */
export async function collectReply(
  reply: Reply,
  { abortSignal }: LanguageModelV3CallOptions,
): Promise<LanguageModelV3GenerateResult> {
  const response = describeResponse(reply);
  let text = "";
  let finish: FinishPart | undefined;
  for await (const part of writeReply(reply, abortSignal, false)) {
    if (part.type === "text-delta") text += part.delta;
    if (part.type === "finish") finish = part;
    if (part.type === "error") throw part.error;
  }
  const { finishReason, usage, providerMetadata } = finish!;
  return {
    content: text === "" ? [] : [{ type: "text", text }],
    ...{ finishReason, usage, response },
    ...(providerMetadata !== undefined && { providerMetadata }),
    request: { body: reply.request },
    warnings: [...reply.warnings],
  };
}

/**
 * A reply as it is written; nothing is computed ahead of a slow reader but a few tokens. It errors with the signal's reason
 * when that aborts, and ends with the parts `error` and `finish` when writing fails.
 */
export function streamReply(
  reply: Reply,
  { abortSignal, includeRawChunks = false }: LanguageModelV3CallOptions,
): ReadableStream<LanguageModelV3StreamPart> {
  const link = linkSignals([abortSignal]);
  const parts = streamParts(reply, link.signal, includeRawChunks);
  return new ReadableStream<LanguageModelV3StreamPart>({
    async pull(controller) {
      const { done, value } = await parts.next();
      if (!done) return controller.enqueue(value);
      link.unlink();
      controller.close();
    },
    async cancel(reason) {
      link.unlink();
      // It may be waiting for a place, or in the middle of a prompt.
      link.abort(reason);
      await parts.return().catch(() => {});
    },
  });
}

async function* streamParts(
  reply: Reply,
  signal: AbortSignal,
  includeRawChunks: boolean,
): AsyncGenerator<LanguageModelV3StreamPart, void, undefined> {
  yield { type: "stream-start", warnings: [...reply.warnings] };
  yield { type: "response-metadata", ...describeResponse(reply) };
  yield* writeReply(reply, signal, includeRawChunks);
}

/** The parts from the first token on. */
async function* writeReply(
  reply: Reply,
  signal: AbortSignal | undefined,
  includeRawChunks: boolean,
): AsyncGenerator<LanguageModelV3StreamPart, void, undefined> {
  const { model, prompt, options, spaceBeforeReply } = reply;
  const id = "0";
  const tokens: GeneratedToken[] = [];
  let text: string | undefined;
  let generation: Generation | undefined;
  let failure: { readonly error: unknown } | undefined;
  // Beams are sequences, too.
  const release = await sequencePermits(model).acquire((options.beams ?? 1) > 1 ? Infinity : 1, signal);
  try {
    generation = model.generate(prompt.tokens, { ...options, signal });
    for await (const token of generation) {
      tokens.push(token);
      if (includeRawChunks) yield { type: "raw", rawValue: token };
      const delta = tokens.length === 1 && spaceBeforeReply ? token.text.replace(/^ /, "") : token.text;
      if (delta === "") continue;
      if (text === undefined) yield { type: "text-start", id };
      text = (text ?? "") + delta;
      yield { type: "text-delta", id, delta };
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    failure = { error: toAiSdkError(error, prompt.text) };
  } finally {
    release();
  }
  if (text !== undefined) yield { type: "text-end", id };
  if (failure !== undefined) yield { type: "error", error: failure.error };
  const reason = generation?.finishReason;
  // A stop string, or the context's end, cuts off the text of the last token.
  if (reason === "end" || reason === "length") {
    reply.onWritten(
      text ?? "",
      tokens.map(({ token }) => token),
    );
  }
  const metadata = describeTokens(tokens, options);
  yield {
    type: "finish",
    finishReason: describeFinish(reason),
    usage: describeUsage(generation, prompt),
    ...(metadata !== undefined && { providerMetadata: metadata }),
  };
}

function describeResponse({ modelId }: Reply): { id: string; timestamp: Date; modelId: string } {
  return { id: `bayling-${Math.random().toString(36).slice(2)}`, timestamp: new Date(), modelId };
}

function describeFinish(raw: FinishReason | undefined): LanguageModelV3FinishReason {
  if (raw === undefined) return { unified: "error", raw };
  return { unified: raw === "end" || raw === "stop" ? "stop" : "length", raw };
}

function describeUsage(generation: Generation | undefined, { tokens }: DialoguePrompt): LanguageModelV3Usage {
  const promptTokens = tokens.length;
  const { reusedTokens, generatedTokens } = generation?.usage ?? { reusedTokens: 0, generatedTokens: 0 };
  return {
    inputTokens: {
      total: promptTokens,
      noCache: promptTokens - reusedTokens,
      cacheRead: reusedTokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: generatedTokens, text: generatedTokens, reasoning: 0 },
    raw: { promptTokens, reusedTokens, generatedTokens },
  };
}

function describeTokens(
  tokens: readonly GeneratedToken[],
  { logprobs }: GenerateOptions,
): SharedV3ProviderMetadata | undefined {
  if (logprobs === undefined) return undefined;
  return { bayling: { logprobs: tokens.map((token): JSONObject => JSON.parse(JSON.stringify(token))) } };
}
