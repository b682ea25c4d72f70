import { BayLingError } from "@bayling/core";
import OpenAI from "openai";
import { withOwnSignal } from "../../own-signal.ts";
import type { ChatSystem } from "./chat-system.ts";

export interface EndpointSystemOptions {
  /** Of an OpenAI-compatible API, up to and with `/v1`. */
  readonly url: string;
  /** What the endpoint calls the model. */
  readonly model: string;
  /** Default: none, which local servers take. */
  readonly apiKey?: string | undefined;
  /** Default: that of the model. */
  readonly name?: string | undefined;
  readonly system?: string | undefined;
  /** Default 1024. */
  readonly maxTokens?: number | undefined;
  /** Default 0. */
  readonly temperature?: number | undefined;
  /** Requests at a time. Default 4. */
  readonly concurrency?: number | undefined;
  /** Tries after the first; each waits longer, or as long as the server says. Default 5. */
  readonly retries?: number | undefined;
  /** Seconds for one request. Default 600. */
  readonly timeout?: number | undefined;
}

/**
 * A model behind an OpenAI-compatible endpoint, through the official client.
 * @returns its replies throw BayLingError `endpoint-failed`, and the signal's reason
 */
export function endpointSystem(options: EndpointSystemOptions): ChatSystem {
  const { url, model, apiKey = "none", name = model, system, maxTokens = 1024, temperature = 0 } = options;
  const { concurrency = 4, retries = 5, timeout = 600 } = options;
  const client = new OpenAI({ baseURL: url, apiKey, maxRetries: retries, timeout: timeout * 1000 });
  return {
    ...{ name, concurrency },
    settings: { kind: "endpoint", url, model, system, maxTokens, temperature },
    reply: async (messages, { signal, seed, ...request } = {}) => {
      try {
        const body = {
          model,
          messages: [...(system === undefined ? [] : [{ role: "system" as const, content: system }]), ...messages],
          max_tokens: request.maxTokens ?? maxTokens,
          temperature: request.temperature ?? temperature,
          ...(seed === undefined ? {} : { seed }),
        };
        const completion = await withOwnSignal(signal, (own) => client.chat.completions.create(body, { signal: own }));
        const content = completion.choices?.[0]?.message?.content;
        if (typeof content === "string") return content;
      } catch (cause) {
        signal?.throwIfAborted();
        throw failed(url, cause instanceof Error ? cause.message : String(cause), cause);
      }
      throw failed(url, "a completion without a message");
    },
  };
}

function failed(url: string, received: string, cause?: unknown): BayLingError {
  return new BayLingError("endpoint-failed", {
    source: withoutSecrets(url),
    problem: "the endpoint gave no reply",
    received,
    remedy: "See whether it runs and knows the model; the run goes on from here when it is started again",
    cause,
  });
}

function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return url;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
