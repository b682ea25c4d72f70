import type { TranslationState } from "@bayling/core/interaction";
import type { Dialogue, DialogueTurn } from "../dialogue.ts";

/** A reply that does not do what was asked, and in which way. */
export interface BrokenReply {
  readonly kind: "unchanged" | "empty" | "wrong language" | "source copied" | "another row's reply" | "edit reverted";
  readonly reply: string;
}

const foreign: Readonly<Record<string, string>> = {
  en: "这里的天气今天非常好，我们都想出去走走。",
  de: "这里的天气今天非常好，我们都想出去走走。",
  "zh-Hans": "The weather is very nice here today, and all of us would like to go out.",
};

/**
 * Ways to break the reply of a turn, where they do break it: what the true reply is too, or names and numbers alone, is no
 * broken one.
 * @param before the state before the act
 * @param stranger a dialogue about something else
 */
export function brokenReplies(
  turn: DialogueTurn,
  before: TranslationState,
  stranger: Dialogue,
): readonly BrokenReply[] {
  const { translation } = before;
  const to = turn.act?.kind === "switch-language" ? turn.act.to : undefined;
  const language = typeof to === "string" ? to : before.to;
  const broken: BrokenReply[] = [
    { kind: "empty", reply: " " },
    { kind: "wrong language", reply: foreign[turn.act?.kind === "back-translate" ? before.from : language]! },
  ];
  const isTalk = turn.act?.kind === "ask" || turn.act?.kind === "explain";
  const source = typeof turn.act?.text === "string" && turn.act.kind === "translate" ? turn.act.text : before.source;
  if (source.split(/\s+|(?<=\p{Script=Han})/u).length > 3 && turn.act?.kind !== "back-translate")
    broken.push({ kind: "source copied", reply: source });
  if (translation !== undefined) {
    broken.push({ kind: "unchanged", reply: translation });
    // The change taken back, with a mark that no comparison of bytes would overlook.
    if (!isTalk)
      broken.push({
        kind: "edit reverted",
        reply: translation.replace(/[.。!！]?$/u, (mark) => (mark === "" ? "." : "")),
      });
  }
  const others = stranger.turns.filter(
    ({ act }) =>
      (act?.kind === "ask" || act?.kind === "explain") === isTalk &&
      act?.kind !== "back-translate" &&
      act?.kind !== "alternatives",
  );
  if (stranger.source !== before.source && stranger.to === before.to && others[0] !== undefined) {
    broken.push({ kind: "another row's reply", reply: others[0].reply });
  }
  const bare = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]/gu, "");
  return broken.filter(({ reply }) => bare(reply) !== bare(turn.reply));
}
