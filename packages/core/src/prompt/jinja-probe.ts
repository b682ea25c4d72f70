import type { Dialogue } from "./dialogue.ts";
import type { Rendering } from "./jinja-placeholders.ts";
import { leadingMarker, markersIn } from "./role-markers.ts";

/** What a Jinja template does, found out by letting it write a small dialogue. */
export interface JinjaTraits {
  readonly foldsSystemPrompt: boolean;
  readonly spaceBeforeReply: boolean;
  /** What of its own text marks turns and is no control token. */
  readonly markers: readonly string[];
  readonly stop: readonly string[];
  readonly stopTokens: readonly string[];
  /** How it shortens earlier replies of models that think aloud; `undefined` when it does not. */
  readonly cutThoughts: ((reply: string) => string) | undefined;
}

/** Both ways to have a template write: contents as placeholders, or as they are. */
export interface ProbedTemplate {
  render(dialogue: Dialogue): Rendering;
  write(dialogue: Dialogue): string;
}

const endOfThoughts = "</think>";

const turns: Dialogue["turns"] = [
  { role: "user", content: "1" },
  { role: "assistant", content: "2" },
  { role: "user", content: "3" },
];

/** @returns `undefined` when it does not write such a dialogue */
export function probeJinja(
  template: ProbedTemplate,
  isControl: (spelling: string) => boolean,
): JinjaTraits | undefined {
  const bare = attempt(() => template.render({ system: undefined, turns, continues: false }));
  if (bare === undefined || bare.contents.join() !== "0,1,2") return undefined;
  const instructed = attempt(() => template.render({ system: "0", turns, continues: false }));
  const [, beforeReply = "", afterReply = "", asking = ""] = bare.pieces;
  const markers = [...bare.pieces, ...(instructed?.pieces ?? [])].flatMap((piece) => markersIn(piece, isControl));
  const end = leadingMarker(afterReply) ?? markersIn(afterReply, isControl)[0];
  const endsByText = end !== undefined && markers.includes(end);
  return {
    foldsSystemPrompt: instructed === undefined,
    spaceBeforeReply: beforeReply === `${asking} `,
    markers: [...new Set(markers)],
    stop: endsByText ? [end] : [],
    stopTokens: end === undefined || endsByText ? [] : [end],
    cutThoughts: attempt(() => probeThoughts(template)),
  };
}

/** Cuts replies by itself, as contents that are placeholders cannot be cut by the template. */
function probeThoughts(template: ProbedTemplate): JinjaTraits["cutThoughts"] {
  const write = (reply: string) =>
    template.write({
      system: undefined,
      turns: turns.map((turn) => (turn.role === "user" ? turn : { ...turn, content: reply })),
      continues: false,
    });
  const written = write(`<think>\nthoughts\n${endOfThoughts}\n\nreply`);
  if (written.includes("thoughts")) return undefined;
  const cut = (reply: string) => reply.slice(reply.lastIndexOf(endOfThoughts) + endOfThoughts.length);
  const trims = written === write("reply");
  return (reply) => {
    if (!reply.includes(endOfThoughts)) return reply;
    return trims ? cut(reply).trimStart() : cut(reply);
  };
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
