import { BayLingError } from "@bayling/core";
import {
  type Act,
  actFromJson,
  checkFaithful,
  createState,
  type StateVerdict,
  type TranslationState,
  verifyState,
} from "@bayling/core/interaction";
import type { Dialogue, DialogueTurn } from "../../dialogues/dialogue.ts";
import { type RunItemsOptions, runItems } from "../run-items.ts";
import type { InteractiveSystem, SteeredDialogue } from "../systems/interactive-system.ts";
import { type KeptWords, keptWords } from "./kept-words.ts";
import { simulateTyping, type TypingResult } from "./typing-simulation.ts";

/** One turn of a dialogue, as a system took it. */
export interface BenchmarkTurn {
  readonly kind: string;
  /** Whether the act alone was obeyed, by a translation that is one; `unknown` where nobody can decide. */
  readonly outcome: "pass" | "fail" | "unknown";
  /** Rules that earlier turns asked for, and those of them that the reply keeps. */
  readonly carried: number;
  readonly carriedKept: number;
  /** Of revisions that leave a part as it was. */
  readonly words: KeptWords | undefined;
  readonly instruction: string;
  readonly before: string;
  readonly reply: string;
  readonly reference: string;
}

export interface BenchmarkDialogue {
  readonly id: string;
  readonly to: string;
  readonly turns: readonly BenchmarkTurn[];
  /** Absent where the system suggests nothing. */
  readonly typing?: TypingResult | undefined;
}

export interface InteractiveBenchmarkOptions extends Omit<RunItemsOptions<BenchmarkDialogue>, "concurrency"> {
  /** Whether a translator types the last reference of each dialogue. Default true. */
  readonly typing?: boolean | undefined;
}

/**
 * Steers a system through held-out dialogues. Before each turn the dialogue stands as the reference has it, so that every
 * act makes sense, every system is asked the same, and one bad reply costs one turn.
 */
export function runInteractiveBenchmark(
  system: InteractiveSystem,
  dialogues: readonly Dialogue[],
  { typing = true, ...options }: InteractiveBenchmarkOptions = {},
): Promise<BenchmarkDialogue[]> {
  return runItems(
    dialogues.filter(isSteered),
    ({ id }) => id,
    (dialogue, signal) => take(system, dialogue, typing, signal),
    {
      ...options,
      concurrency: system.concurrency,
    },
  );
}

/**
 * Judges replies that were written elsewhere, as if a system had just given them.
 * @param repliesOf one for each turn, each to the dialogue as the references have it up to there
 * @throws BayLingError `argument-invalid` where replies are missing
 */
export function judgeReplies(
  dialogues: readonly Dialogue[],
  repliesOf: (dialogue: Dialogue) => readonly string[] | undefined,
): BenchmarkDialogue[] {
  return dialogues.filter(isSteered).map((dialogue) => {
    const replies = repliesOf(dialogue) ?? [];
    if (replies.length !== dialogue.turns.length) {
      throw new BayLingError("argument-invalid", {
        field: dialogue.id,
        problem: "there are not as many replies as turns",
        expected: `${dialogue.turns.length} replies`,
        received: `${replies.length} replies`,
      });
    }
    const turns = [...stepsOf(dialogue)].map((step, index) => judge(step, replies[index]!));
    return { id: dialogue.id, to: languageAtEnd(dialogue), turns };
  });
}

/** Whether a dialogue is one that systems can be steered through. */
function isSteered({ from, to, turns }: Dialogue): boolean {
  if (from === undefined || to === undefined || turns.length < 2) return false;
  return turns[0]!.act?.kind === "translate" && turns.every(({ act }) => act !== undefined);
}

/** A turn, and what stands before it when all before it went as the references have it. */
interface Step {
  readonly act: Act;
  readonly before: TranslationState;
  readonly turn: DialogueTurn;
}

function* stepsOf({ from, to, source, turns }: Dialogue): Generator<Step, void, undefined> {
  let state = createState(from!, to!, source);
  for (const turn of turns) {
    const act = actFromJson(turn.act);
    yield { act, before: state, turn };
    state = { ...act.apply(state), translation: act.replies === "translation" ? turn.reply : state.translation };
  }
}

/** Dialogues may switch it on the way. */
function languageAtEnd(dialogue: Dialogue): string {
  return [...stepsOf(dialogue)].reduce((_, { act, before }) => act.apply(before).to, dialogue.to!);
}

async function take(
  system: InteractiveSystem,
  given: Dialogue,
  typing: boolean,
  signal: AbortSignal,
): Promise<BenchmarkDialogue> {
  const { id, from, to, source, turns } = given;
  const dialogue = await system.open({ from: from!, to: to!, source });
  try {
    const taken: BenchmarkTurn[] = [];
    for (const step of stepsOf(given)) {
      const { act, before, turn } = step;
      const reply =
        act.kind === "translate" && before.translation === undefined
          ? await dialogue.translate(signal)
          : await dialogue.reply(act, turn.instruction, signal);
      taken.push(judge(step, reply));
      dialogue.settle(turn.reply, act.replies);
    }
    const language = languageAtEnd(given);
    const typed = typing ? await typeLast(dialogue, turns, language, signal) : undefined;
    return { id, to: language, turns: taken, typing: typed };
  } finally {
    dialogue.dispose();
  }
}

async function typeLast(
  dialogue: SteeredDialogue,
  turns: Dialogue["turns"],
  language: string,
  signal: AbortSignal,
): Promise<TypingResult | undefined> {
  const { suggest } = dialogue;
  if (suggest === undefined) return undefined;
  const last = turns.findLast(({ act }) => actFromJson(act).replies === "translation")!;
  return simulateTyping({ suggest: suggest.bind(dialogue) }, last.reply, language, signal);
}

function judge({ act, before, turn: { instruction, reply: reference } }: Step, reply: string): BenchmarkTurn {
  const asked = act.apply(before);
  const isTranslation = act.replies === "translation";
  const carried = isTranslation ? carriedRules(reply, before, asked) : [];
  const text = before.translation;
  // The source itself has no forbidden term, and may be as short as was asked for.
  const isUsable =
    !isTranslation || checkFaithful(reply, asked).every(({ verdict: { outcome } }) => outcome !== "fail");
  return {
    kind: act.kind,
    outcome: isUsable ? act.verify(reply, { before, after: act.forReply?.(asked) ?? asked }).outcome : "fail",
    carried: carried.length,
    carriedKept: carried.filter(({ verdict }) => verdict.outcome === "pass").length,
    words: isTranslation && text !== undefined ? keptWords({ before: text, reference, reply }, before.to) : undefined,
    ...{ instruction, before: text ?? "", reply, reference },
  };
}

/** What earlier turns asked for and this one leaves in force, where it can be decided. */
function carriedRules(reply: string, before: TranslationState, asked: TranslationState): StateVerdict[] {
  const earlier = new Set(requestedRules(reply, before).map(({ rule }) => rule));
  return requestedRules(reply, asked).filter(({ rule, verdict }) => earlier.has(rule) && verdict.outcome !== "unknown");
}

/** The rules that a person asked for: those behind what holds of every translation. */
function requestedRules(reply: string, state: TranslationState): readonly StateVerdict[] {
  return verifyState(reply, state).slice(checkFaithful(reply, state).length);
}
