import { actFromJson, createState } from "@bayling/core/interaction";
import { type Lexicons, lexiconKey } from "../alignment/train-lexicon.ts";
import type { Dialogue, DialogueTurn } from "./dialogue.ts";
import { type TurnCheck, type TurnVerdict, verifyTurn } from "./verify-turn.ts";

/** A turn of a row with what its check needs. */
export interface CheckedTurn {
  readonly turn: DialogueTurn;
  readonly check: TurnCheck;
}

/**
 * What a row holds is enough to judge it again: the turns of a dialogue about a translation, each with the state before it.
 * @throws BayLingError `argument-invalid` for a dialogue without acts
 */
export function turnChecks({ from, to, source, turns }: Dialogue, lexicons: Lexicons): readonly CheckedTurn[] {
  let state = createState(from ?? "", to ?? "", source);
  return turns.map((turn) => {
    const act = actFromJson(turn.act);
    const before = (turn.asked ?? []).reduce((asked, json) => actFromJson(json).apply(asked), state);
    const mentions = turn.checks.flatMap(({ rule }) => /^mention "(.*)"$/u.exec(rule)?.[1] ?? []);
    const lexiconFor = (one: string, other: string) => lexicons.get(lexiconKey(one, other));
    const check = { act, reply: turn.reply, before, language: turn.language ?? "en", mentions, lexiconFor };
    const after = act.apply(before);
    state = act.replies === "translation" ? { ...after, translation: turn.reply } : after;
    return { turn, check };
  });
}

/**
 * Judges every turn of a dialogue about a translation again, from its row alone.
 * @throws BayLingError `argument-invalid` for a dialogue without acts
 */
export function verifyDialogue(dialogue: Dialogue, lexicons: Lexicons): readonly TurnVerdict[] {
  return turnChecks(dialogue, lexicons).map(({ check }) => verifyTurn(check));
}
