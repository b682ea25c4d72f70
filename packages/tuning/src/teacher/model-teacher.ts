import type { Model } from "@bayling/core";
import { matchJsonSchema } from "@bayling/core/constraints";
import type { Teacher } from "./teacher.ts";

export interface ModelTeacherOptions {
  /** Default: the one that the model was taught with. */
  readonly template?: string | undefined;
}

/**
 * A teacher on this machine: a model that `loadModel` loaded. It stays the caller's to dispose. It is held to the schema of
 * what is asked, so a small model wastes no tries on what is no JSON.
 */
export function modelTeacher(model: Model, { template }: ModelTeacherOptions = {}): Teacher {
  return {
    name: model.name,
    settings: { model: model.name, backend: model.backendId, template },
    concurrency: Math.max(1, Math.min(8, model.capabilities.maxSequences)),
    ask: async ({ messages, maxTokens, temperature, seed, schema }, signal) => {
      const system = messages[0]?.role === "system" ? messages[0].content : undefined;
      const rest = system === undefined ? messages : messages.slice(1);
      const chat = await model.chat({ system, template, history: rest.slice(0, -1) });
      try {
        const constraints = schema === undefined ? [] : [matchJsonSchema(schema)];
        const reply = chat.send(rest.at(-1)!.content, { maxTokens, temperature, seed, signal, constraints });
        const text = await reply.text();
        const { usage } = reply;
        return { text, promptTokens: usage.promptTokens, completionTokens: usage.generatedTokens };
      } finally {
        chat.dispose();
      }
    },
  };
}
