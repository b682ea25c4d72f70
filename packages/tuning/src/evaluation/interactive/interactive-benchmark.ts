import {
  type Act,
  actFromJson,
  checkFaithful,
  createState,
  type StateVerdict,
  type TranslationState,
  verifyState,
} from "@bayling/core/interaction";
import type { Dialogue } from "../../dialogues/dialogue.ts";
import { type RunItemsOptions, runItems } from "../run-items.ts";
import type { InteractiveSystem, SteeredDialogue } from "../systems/interactive-system.ts";
import { type KeptWords, keptWords } from "./kept-words.ts";
import { simulateTyping, type TypingResult } from "./typing-simulation.ts";

/** One turn of a dialogue, as a system took it. */
export interface BenchmarkTurn {
  readonly kind: string;
  /** How often the act alone was obeyed; `unknown` where nobody can decide. */
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
  const usable = dialogues.filter(({ from, to, turns }) => from !== undefined && to !== undefined && isSteered(turns));
  return runItems(
    usable,
    ({ id }) => id,
    (dialogue, signal) => take(system, dialogue, typing, signal),
    {
      ...options,
      concurrency: system.concurrency,
    },
  );
}

function isSteered(turns: Dialogue["turns"]): boolean {
  return turns.length > 1 && turns[0]!.act?.kind === "translate" && turns.every(({ act }) => act !== undefined);
}

async function take(
  system: InteractiveSystem,
  { id, from, to, source, turns }: Dialogue,
  typing: boolean,
  signal: AbortSignal,
): Promise<BenchmarkDialogue> {
  const dialogue = await system.open({ from: from!, to: to!, source });
  try {
    let state = createState(from!, to!, source);
    const taken: BenchmarkTurn[] = [];
    for (const turn of turns) {
      const act = actFromJson(turn.act);
      const reply =
        act.kind === "translate" && state.translation === undefined
          ? await dialogue.translate(signal)
          : await dialogue.reply(act, turn.instruction, signal);
      taken.push(judge(act, state, { ...turn, reply, reference: turn.reply }));
      dialogue.settle(turn.reply);
      const translation = act.replies === "translation" ? turn.reply : state.translation;
      state = { ...act.apply(state), translation };
    }
    const typed = typing ? await typeLast(dialogue, turns, state.to, signal) : undefined;
    return { id, to: state.to, turns: taken, typing: typed };
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

interface TakenTurn {
  readonly instruction: string;
  readonly reply: string;
  readonly reference: string;
}

function judge(act: Act, before: TranslationState, { instruction, reply, reference }: TakenTurn): BenchmarkTurn {
  const asked = act.apply(before);
  const isTranslation = act.replies === "translation";
  const carried = isTranslation ? carriedRules(reply, before, asked) : [];
  const text = before.translation;
  return {
    kind: act.kind,
    outcome: act.verify(reply, { before, after: act.forReply?.(asked) ?? asked }).outcome,
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
