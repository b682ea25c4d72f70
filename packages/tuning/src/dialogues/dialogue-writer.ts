import { type Act, type InstructionLanguage, type TranslationState, toJson } from "@bayling/core/interaction";
import type { PairOrigin } from "../bitext/sentence-pair.ts";
import type { Random } from "../random.ts";
import type { DialogueTurn } from "./dialogue.ts";
import { sayFirst } from "./first-instruction.ts";
import type { Move, MoveContext, PastTurn } from "./move.ts";
import { type TurnVerdict, verifyTurn } from "./verify-turn.ts";

/** Replies that fail are kept of each turn up to so many. */
const mostRejected = 2;

/** The turns of a dialogue, each checked before it is kept. */
export class DialogueWriter {
  readonly turns: DialogueTurn[] = [];
  readonly history: PastTurn[] = [];
  readonly origins: PairOrigin[] = [];
  /** Names of the requests so far. */
  readonly requests: Set<string> = new Set();
  readonly #language: InstructionLanguage;
  readonly #lexiconFor: MoveContext["lexiconFor"];
  readonly #random: Random;

  constructor(language: InstructionLanguage, lexiconFor: MoveContext["lexiconFor"], random: Random) {
    this.#language = language;
    this.#lexiconFor = lexiconFor;
    this.#random = random;
  }

  /**
   * The first turn.
   * @param asked what is asked for besides, in the same instruction
   * @param others replies that a person could have given; those that fail are kept as rejected
   * @param verdicts of first turns that ask for nothing else, by reply: many dialogues begin alike
   * @returns whether it was good enough to be written
   */
  writeFirst(
    move: Move,
    blank: TranslationState,
    asked: readonly Act[],
    others: readonly string[],
    verdicts: Map<string, TurnVerdict>,
  ): boolean {
    const before = asked.reduce((state, act) => act.apply(state), blank);
    const language = this.#language;
    const say = () => sayFirst(move.act, asked, { language, seed: this.#random.uint32(), state: before });
    const key = asked.length === 0 ? `${blank.source}\t${move.reply}` : "";
    const verdict = verdicts.get(key) ?? this.#verify(move, before);
    if (asked.length === 0) verdicts.set(key, verdict);
    return this.#write(move, verdict, before, say, asked, others);
  }

  /**
   * A later turn.
   * @param others replies that a person could have given; those that fail are kept as rejected
   * @returns whether it was good enough to be written
   */
  write(request: string, move: Move, before: TranslationState, others: readonly string[]): boolean {
    const say = () => move.act.say({ language: this.#language, seed: this.#random.uint32(), state: before });
    const isWritten = this.#write(move, this.#verify(move, before), before, say, [], others);
    if (isWritten) this.requests.add(request);
    return isWritten;
  }

  #verify({ act, reply, mentions }: Move, before: TranslationState): TurnVerdict {
    return verifyTurn({ act, reply, before, language: this.#language, mentions, lexiconFor: this.#lexiconFor });
  }

  #write(
    { act, reply, derivation, origins }: Move,
    { verdict, checks, after, problem }: TurnVerdict,
    before: TranslationState,
    say: () => string,
    asked: readonly Act[],
    others: readonly string[],
  ): boolean {
    if (problem !== undefined) return false;
    const language = this.#language;
    const rejected = [...new Set(others)].filter((other) => other !== reply && disobeys(other, act, before, asked));
    this.turns.push({
      act: toJson(act),
      ...(asked.length > 0 ? { asked: asked.map(toJson) } : {}),
      ...{ instruction: say(), language, reply, verdict, checks, derivation },
      ...(rejected.length > 0 ? { rejected: rejected.slice(0, mostRejected) } : {}),
    });
    this.history.push({ act, before, after });
    this.origins.push(...origins);
    return true;
  }
}

/** Whether a translation surely does not do what is asked: of acts whose check cannot decide, none is known to fail. */
function disobeys(reply: string, act: Act, before: TranslationState, asked: readonly Act[]): boolean {
  if (act.replies !== "translation") return false;
  return [act, ...asked].some((one) => {
    const after = one.apply(before);
    return one.verify(reply, { before, after: one.forReply?.(after) ?? after }).outcome === "fail";
  });
}
