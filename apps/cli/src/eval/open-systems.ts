import type { Model } from "@bayling/core";
import {
  type ChatSystem,
  endpointSystem,
  type InteractiveSystem,
  interactiveChat,
  interactiveTranslator,
  localSystem,
} from "@bayling/tuning/evaluation";
import type { Context } from "../context.ts";
import { openModel } from "../open-model.ts";
import type { ModelFlags } from "../options/model-options.ts";
import type { NamedSystem } from "./system-names.ts";

/** Options of systems that are set once for all of them. */
export interface SystemSettings extends ModelFlags {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly beams?: number;
  readonly concurrency?: number;
  readonly template?: string;
  readonly profile?: string;
}

/** Texts in the making at once on a local model, if nobody says. */
const defaultConcurrency = 4;

export interface Opened<System> extends AsyncDisposable {
  readonly system: System;
}

/** Something that replies to messages. */
export async function openChatSystem(
  context: Context,
  named: NamedSystem,
  settings: SystemSettings,
  signal: AbortSignal,
): Promise<Opened<ChatSystem>> {
  const { name, place } = named;
  const { maxTokens, temperature, beams, concurrency = defaultConcurrency, template } = settings;
  if (place.kind === "endpoint") {
    const apiKey = context.io.env.OPENAI_API_KEY;
    const { url, model } = place;
    const system = endpointSystem({ url, model, name, apiKey, maxTokens, temperature, concurrency });
    return { system, [Symbol.asyncDispose]: async () => {} };
  }
  const model = await open(context, place.source, settings, signal);
  const system = localSystem(model, { name, maxTokens, temperature, beams, concurrency, template });
  return { system, [Symbol.asyncDispose]: () => model.dispose() };
}

/** Something that translates and is steered. */
export async function openInteractiveSystem(
  context: Context,
  named: NamedSystem,
  settings: SystemSettings,
  signal: AbortSignal,
): Promise<Opened<InteractiveSystem>> {
  const { name, place } = named;
  const { profile, template, maxTokens, beams, concurrency = defaultConcurrency } = settings;
  if (place.kind === "endpoint" || !place.guided) {
    const { system, ...rest } = await openChatSystem(context, named, settings, signal);
    return { ...rest, system: interactiveChat(system, { profile }) };
  }
  const model = await open(context, place.source, settings, signal);
  const decoding = { maxTokens, beams };
  const system = interactiveTranslator(model, { name, profile, template, decoding, concurrency });
  return { system, [Symbol.asyncDispose]: () => model.dispose() };
}

async function open(context: Context, source: string, settings: SystemSettings, signal: AbortSignal): Promise<Model> {
  const { beams = 5, concurrency = defaultConcurrency } = settings;
  const sequences = concurrency * (Math.max(1, beams) + 2);
  return (await openModel(context, source, settings, { sequences, signal })).model;
}
