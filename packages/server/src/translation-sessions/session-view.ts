import { type TranslationState, toJson, type Version } from "@bayling/core/interaction";
import { z } from "@hono/zod-openapi";
import type { KeptSession, SessionStore } from "./session-store.ts";

const VerdictObject = z.object({ outcome: z.enum(["pass", "fail", "unknown"]), reason: z.string() }).openapi("Verdict");

const versions = z
  .object({
    id: z.int(),
    parent: z.int().nullable(),
    author: z.enum(["model", "person"]),
    translation: z.string().nullable(),
    act: z.looseObject({ kind: z.string() }).nullable(),
    reply: z
      .object({
        text: z.string().describe("what the model wrote: the translation, or words about it"),
        instruction: z.string().describe("what it was told"),
        verdict: VerdictObject.describe("whether it does what the act asked for"),
        guaranteed: z.array(z.string()).describe("rules that decoding enforced"),
        notes: z.array(z.string()),
        finish_reason: z.string().nullable(),
        hypotheses: z.array(z.object({ text: z.string(), logprob: z.number(), score: z.number() })),
        usage: z.object({ prompt_tokens: z.int(), reused_tokens: z.int(), generated_tokens: z.int() }),
      })
      .nullable(),
    checks: z.array(z.object({ rule: z.string(), verdict: VerdictObject })),
    state: z.looseObject({}).describe("what is asked of this and later translations"),
  })
  .openapi("TranslationVersion");

const sessions = z
  .object({
    id: z.string(),
    model: z.string(),
    source: z.string(),
    from: z.string(),
    to: z.string(),
    translation: z.string().nullable(),
    current: z.int().nullable().describe("id of the version"),
    can_undo: z.boolean(),
    can_redo: z.boolean(),
    created: z.string(),
    expires: z.string().describe("when it is given up if nobody uses it"),
    versions: z.array(versions).describe("a tree: each names its parent"),
  })
  .openapi("TranslationSession");

export const VersionObject: z.ZodType = versions;
export const SessionObject: z.ZodType = sessions;

/** A session as clients see it. */
export function describeSession(kept: KeptSession, store: SessionStore): object {
  const { id, served, session, created } = kept;
  const { state, current } = session;
  return {
    ...{ id, model: served.id, source: session.source, from: state.from, to: state.to },
    ...{ translation: state.translation ?? null, current: current?.id ?? null },
    ...{ can_undo: session.canUndo, can_redo: session.canRedo },
    ...{ created: created.toISOString(), expires: store.expires(kept).toISOString() },
    versions: session.versions.map(viewOf),
  } satisfies z.infer<typeof sessions>;
}

export function describeVersion(version: Version): object {
  return viewOf(version);
}

function viewOf({ id, parent, translation, state, reply, checks }: Version): z.infer<typeof versions> {
  return {
    ...{
      id,
      parent: parent ?? null,
      author: reply === undefined ? "person" : "model",
      translation: translation ?? null,
    },
    act: reply === undefined ? null : toJson(reply.act),
    reply:
      reply === undefined
        ? null
        : {
            ...{ text: reply.text, instruction: reply.instruction, verdict: reply.verdict, notes: [...reply.notes] },
            ...{ guaranteed: [...reply.guaranteed], finish_reason: reply.finishReason ?? null },
            hypotheses: reply.hypotheses.map(({ text, logprob, score }) => ({ text, logprob, score })),
            usage: {
              prompt_tokens: reply.usage.promptTokens,
              reused_tokens: reply.usage.reusedTokens,
              generated_tokens: reply.usage.generatedTokens,
            },
          },
    checks: checks.map(({ rule, verdict }) => ({ rule, verdict })),
    state: describeState(state),
  };
}

/** Without the text, which is the session's; bytes are an array of numbers. */
function describeState({ source: _source, prefix, ...state }: TranslationState): Record<string, unknown> {
  return { ...state, prefix: prefix instanceof Uint8Array ? Array.from(prefix) : prefix };
}
