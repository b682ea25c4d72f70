import type { ApplyOptions, Turn, Version } from "@bayling/core/interaction";
import type { ServedModel } from "../models.ts";
import { Problem } from "../problem.ts";
import type { RequestNotes } from "../request-report.ts";
import type { ServerContext } from "../server-context.ts";
import { mostTokens } from "../translation/text-translation.ts";
import { type TurnFields, toDecoding } from "./session-fields.ts";
import type { KeptSession } from "./session-store.ts";
import type { SendEvent } from "./session-work.ts";

/** Versions of one session: each is kept whole. */
const mostVersions = 1000;

/** Tokens for words about a translation, which may be longer than it. */
const wordsAbout = 512;

/** @throws Problem 400 when a session has as many versions as it may have */
export function checkRoom({ session }: KeptSession): void {
  if (session.versions.length < mostVersions) return;
  const message = `The session has ${mostVersions} versions, and there can be no more. Open another one.`;
  throw new Problem({ status: 400, code: "session-full", message });
}

/** Sequences that a turn needs at once: one for each beam and one that they begin with. */
export function sequencesFor({ beams: usual }: Pick<KeptSession, "beams">, { mode, decoding }: TurnFields): number {
  const beams = decoding?.beams ?? (mode === "draft" || (decoding?.temperature ?? 0) > 0 ? 1 : usual);
  return beams === 1 ? 1 : beams + 1;
}

/** Options of a turn, within what the server allows; it ends with its session. */
export function turnOptions(
  { mode, seed, prefix, decoding }: TurnFields & { readonly prefix?: string | undefined },
  { session, served, gone }: KeptSession,
  context: ServerContext,
  signal: AbortSignal,
): ApplyOptions {
  const wanted = toDecoding(decoding);
  const usual = mostTokens(served, context)(session.source, wordsAbout);
  const maxTokens = wanted.maxTokens === undefined ? usual : Math.min(wanted.maxTokens, context.limits.maxTokens);
  return { mode, seed, prefix, decoding: { ...wanted, maxTokens }, signal: AbortSignal.any([signal, gone]) };
}

/** Reads a turn to its end, and sends what it writes: of beams there is nothing to send before all is written. */
export async function runTurn(
  turn: Turn,
  work: {
    readonly context: ServerContext;
    readonly notes: RequestNotes;
    readonly served: ServedModel;
    readonly send: SendEvent;
    /** Sent before the text. */
    readonly first?: object | undefined;
  },
): Promise<Version> {
  const { context, notes, served, send, first } = work;
  notes.model = served.id;
  let isFirst = true;
  for await (const { text } of turn) {
    if (isFirst && first !== undefined) await send(first);
    isFirst = false;
    await send({ type: "text", text });
  }
  const version = await turn.version();
  notes.usage = version.reply!.usage;
  context.metrics.generated(version.reply!.usage);
  return version;
}
