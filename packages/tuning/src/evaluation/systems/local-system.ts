import type { Model } from "@bayling/core";
import type { ChatSystem } from "./chat-system.ts";

export interface LocalSystemOptions {
  /** Default: the name of the model. */
  readonly name?: string | undefined;
  /** Default: the one that the model was taught with. */
  readonly template?: string | undefined;
  readonly system?: string | undefined;
  /** Default 1024. */
  readonly maxTokens?: number | undefined;
  /** Default 0: greedy. */
  readonly temperature?: number | undefined;
  /** Default 1: no beam search. */
  readonly beams?: number | undefined;
  /** Replies that are written in common batches. Default: the sequences that the model has room for, by its beams. */
  readonly concurrency?: number | undefined;
}

/** A model on a backend of ours, without any rules of decoding: what it does is what it learned. */
export function localSystem(model: Model, options: LocalSystemOptions = {}): ChatSystem {
  const { name = model.name, template, system, maxTokens = 1024, temperature = 0, beams = 1 } = options;
  const { concurrency = Math.max(1, Math.floor(model.capabilities.maxSequences / beams)) } = options;
  return {
    ...{ name, concurrency },
    settings: { kind: "local", model: model.name, template, system, maxTokens, temperature, beams },
    reply: async (messages, request = {}) => {
      const last = messages.at(-1)!;
      const chat = await model.chat({ system, template, history: messages.slice(0, -1) });
      try {
        const drawn = { temperature: request.temperature ?? temperature, seed: request.seed ?? 0 };
        const limits = { maxTokens: request.maxTokens ?? maxTokens, signal: request.signal };
        return await chat.send(last.content, { ...drawn, ...limits, beams }).text();
      } finally {
        chat.dispose();
      }
    },
  };
}
