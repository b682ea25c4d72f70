import { BayLingError } from "@bayling/core";
import OpenAI, { APIConnectionError, APIError } from "openai";
import { withOwnSignal } from "../own-signal.ts";
import { pause } from "./pause.ts";
import { estimatePrompt, estimateTokens, type Teacher, type TeacherReply, type TeacherRequest } from "./teacher.ts";

export interface EndpointTeacherOptions {
  /** Of an OpenAI-compatible API, with its version: `http://127.0.0.1:8000/v1`. */
  readonly url: string;
  readonly model: string;
  /** Default: none, as servers of one's own want it. Never written anywhere. */
  readonly apiKey?: string | undefined;
  /** Questions at a time. Default 4. */
  readonly concurrency?: number | undefined;
  /** Tries after the first one, for what may pass: 408, 409, 429, 5xx, no connection. Default 6. */
  readonly retries?: number | undefined;
  /** How long a try may take: milliseconds. Default two minutes. */
  readonly timeout?: number | undefined;
  /** The first wait between tries, doubled each time up to half a minute: milliseconds. Default 500. */
  readonly firstWait?: number | undefined;
  /** Ask for a JSON object by `response_format`, which not all servers know. Default false: the prompt asks for it. */
  readonly jsonMode?: boolean | undefined;
}

const longestWait = 30_000;
/** An endpoint that asks for more patience than this is one to come back to: milliseconds. */
const longestRetryAfter = 300_000;

/** A teacher behind an OpenAI-compatible endpoint: OpenAI, vLLM, llama.cpp, `bayling serve`. */
export function endpointTeacher(options: EndpointTeacherOptions): Teacher {
  const { url, model, apiKey = "none", concurrency = 4, jsonMode = false } = options;
  const { retries = 6, timeout = 120_000, firstWait = 500 } = options;
  // The client would wait as long as a server says, and through an abort; so the waits are ours.
  const client = new OpenAI({ baseURL: url, apiKey, maxRetries: 0, timeout });
  const format = jsonMode ? { response_format: { type: "json_object" as const } } : {};
  const ask = async (request: TeacherRequest, signal: AbortSignal | undefined): Promise<TeacherReply> => {
    const { messages, maxTokens, temperature, seed } = request;
    const body = { model, messages: [...messages], max_tokens: maxTokens, temperature, seed, ...format };
    const completion = await withOwnSignal(signal, (own) => client.chat.completions.create(body, { signal: own }));
    // Whatever the types say, this came from a server.
    const text = completion.choices?.[0]?.message?.content ?? "";
    const { usage } = completion;
    return {
      text,
      promptTokens: usage?.prompt_tokens ?? estimatePrompt(request),
      completionTokens: usage?.completion_tokens ?? estimateTokens(text),
    };
  };
  return {
    name: model,
    settings: { endpoint: url, model, format: jsonMode ? "json" : undefined },
    concurrency,
    ask: async (request, signal) => {
      for (let attempt = 0; ; attempt++) {
        signal?.throwIfAborted();
        try {
          return await ask(request, signal);
        } catch (error) {
          signal?.throwIfAborted();
          const wait = waitAfter(error, firstWait * 2 ** attempt);
          if (wait === undefined || attempt >= retries) throw endpointFailed(url, error, attempt + 1);
          await pause(wait, signal);
        }
      }
    },
  };
}

/** How long to wait before the next try; undefined where another one would not help. */
function waitAfter(error: unknown, backOff: number): number | undefined {
  // A body that breaks off or is no JSON comes as another error; it may well pass.
  if (!(error instanceof APIError))
    return error instanceof TypeError || error instanceof SyntaxError ? backOff : undefined;
  if (error instanceof APIConnectionError) return Math.min(backOff, longestWait);
  const { status } = error;
  if (status !== 408 && status !== 409 && status !== 429 && !(status !== undefined && status >= 500)) return undefined;
  const asked = retryAfter(error.headers);
  if (asked === undefined) return Math.min(backOff, longestWait);
  return asked > longestRetryAfter ? undefined : asked;
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), in milliseconds. */
function retryAfter(headers: Headers | undefined): number | undefined {
  const text = headers?.get("retry-after");
  if (text === null || text === undefined || text.trim() === "") return undefined;
  const seconds = Number(text);
  const milliseconds = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

function endpointFailed(url: string, error: unknown, tries: number): BayLingError {
  const status = error instanceof APIError ? error.status : undefined;
  const refused = status !== undefined && status < 500 && status !== 429;
  return new BayLingError("endpoint-failed", {
    source: url,
    problem: status === undefined ? "the endpoint cannot be reached" : `the endpoint answers with status ${status}`,
    received: `${error instanceof Error ? error.message : String(error)} (after ${tries} ${tries === 1 ? "try" : "tries"})`,
    remedy: refused
      ? "Check the address, the model's name and the key; what was done so far is kept"
      : "What was done so far is kept; give the same command again when the endpoint is back",
    cause: error,
  });
}
