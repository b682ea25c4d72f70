import {
  type Act,
  createState,
  type InstructionLanguage,
  type StateVerdict,
  type TranslationState,
  toJson,
  translate,
  type Verdict,
  verifyState,
} from "@bayling/core/interaction";
import { contentHash, contentSeed } from "../assembly/content-hash.ts";
import type { SentencePair } from "../bitext/sentence-pair.ts";
import type { Dialogue, DialogueTurn } from "../dialogues/dialogue.ts";
import { Random } from "../random.ts";
import type { TokenUse } from "./budget.ts";
import { parseJsonReply } from "./json-reply.ts";
import {
  judgedJson,
  judgedSchema,
  judgeMessages,
  promptVersion,
  type RefusedAttempt,
  type TaughtTurn,
  writeMessages,
  writtenJson,
  writtenSchema,
} from "./prompts.ts";
import { makeTaughtAct } from "./taught-acts.ts";
import { estimateTokens, type TeacherRequest } from "./teacher.ts";
import type { AnsweredRequest } from "./teacher-desk.ts";

/** What is taught; plain data, which a data set's manifest holds. */
export interface TeachPlan {
  readonly seed: number;
  /** What share of the pairs is taught: 0 … 1. */
  readonly share: number;
  /** Turns after the translation, at most. */
  readonly turns: number;
  /** Kinds of acts, of `taughtActKinds`. */
  readonly acts: readonly string[];
  readonly instructionLanguages: readonly InstructionLanguage[];
  /** Tries for each turn; each but the first is told why the one before was refused. */
  readonly attempts: number;
  /** The least score of 1 … 5 that is kept, if replies are judged. */
  readonly judge?: number | undefined;
  readonly temperature: number;
}

/** What came of a pair. */
export interface TaughtPair {
  readonly dialogues: readonly Dialogue[];
  /** Replies that were refused, by reason. */
  readonly rejects: Readonly<Record<string, number>>;
  readonly use: TokenUse;
}

/** Of a teacher, what a turn needs. */
export interface Asker {
  readonly model: string;
  ask(request: TeacherRequest): Promise<AnsweredRequest>;
}

/** Whether a pair is one of the share that is taught: the same pairs whatever else is there. */
export function isTaught(pair: SentencePair, { seed, share }: TeachPlan): boolean {
  return contentSeed("taught", seed, pair.source, pair.target) / 2 ** 32 < share;
}

/** The turns that a pair is to get: its direction, and acts with their words, as far as they are known beforehand. */
interface PairPlan {
  readonly state: TranslationState;
  readonly reference: string;
  readonly language: InstructionLanguage;
  readonly random: Random;
  readonly acts: readonly Act[];
}

function planPair(pair: SentencePair, { seed, turns, acts, instructionLanguages }: TeachPlan): PairPlan {
  const random = new Random(contentSeed("teach", seed, pair.source, pair.target));
  const forward = random.below(2) === 0;
  const { source, target, sourceLanguage, targetLanguage } = pair;
  const state = forward
    ? createState(sourceLanguage, targetLanguage, source)
    : createState(targetLanguage, sourceLanguage, target);
  const language = random.pick(instructionLanguages);
  const kinds = random.shuffle(acts).slice(0, 1 + random.below(turns));
  const made = kinds.map((kind) => makeTaughtAct(kind, random, language));
  return { state, reference: forward ? target : source, language, random, acts: made };
}

/** Tokens that a reply may have: room for the longer reply that was asked for, and its JSON. */
function roomFor({ source, translation = "" }: TranslationState, act: Act): number {
  const text = Math.max(estimateTokens(source), estimateTokens(translation));
  return act.replies === "translation" ? 64 + 4 * text : 256 + 4 * text;
}

/**
 * A dialogue about a pair, its first translation the pair's own, its further replies a teacher's. Every reply passes the
 * checks of its act and of all that was asked before; one that fails is asked for again, and kept as a rejected draft.
 */
export async function teachPair(pair: SentencePair, plan: TeachPlan, asker: Asker): Promise<TaughtPair> {
  const { state: start, reference, language, random, acts } = planPair(pair, plan);
  const rejects: Record<string, number> = {};
  const use = { promptTokens: 0, completionTokens: 0 };
  const prompts: string[] = [];
  const ask = async (request: TeacherRequest): Promise<string> => {
    const reply = await asker.ask(request);
    use.promptTokens += reply.promptTokens;
    use.completionTokens += reply.completionTokens;
    prompts.push(reply.key);
    return reply.text;
  };
  const refuse = (reason: string) => {
    rejects[reason] = (rejects[reason] ?? 0) + 1;
  };

  const first = check(translate(), reference, start);
  if (first.problem !== undefined) {
    refuse(`reference-${first.rule}`);
    return { dialogues: [], rejects, use };
  }
  let state = first.state;
  const turns: DialogueTurn[] = [
    {
      ...{ act: toJson(translate()), instruction: translate().say({ language, seed: random.uint32(), state: start }) },
      ...{ language, reply: reference, verdict: first.verdict, checks: first.checks },
      derivation: { kind: "reference", rule: "pair", isMechanical: false },
    },
  ];
  for (const act of acts) {
    const instruction = act.say({ language, seed: random.uint32(), state });
    const seed = random.below(2 ** 31);
    const taught = await teachTurn({ act, instruction, language, before: state }, plan, seed, ask, refuse);
    if (taught === undefined) continue;
    turns.push(taught.turn);
    state = taught.state;
  }
  if (turns.length === 1) return { dialogues: [], rejects, use };
  const { from, to, source } = start;
  const promptHash = contentHash(...prompts);
  const id = contentHash("taught", pair.origin, pair.source, pair.target, asker.model, plan, promptHash).slice(0, 24);
  const dialogue: Dialogue = {
    ...{ id, task: "interactive-translation", from, to, source, turns },
    provenance: {
      ...{ origins: [pair.origin], engine: "teacher", seed: plan.seed, generator: `teacher-${promptVersion}` },
      ...{ model: asker.model, promptHash },
    },
  };
  return { dialogues: [dialogue], rejects, use };
}

async function teachTurn(
  turn: TaughtTurn,
  { attempts, temperature, judge }: TeachPlan,
  seed: number,
  ask: (request: TeacherRequest) => Promise<string>,
  refuse: (reason: string) => void,
): Promise<{ readonly turn: DialogueTurn; readonly state: TranslationState } | undefined> {
  const { act, instruction, language, before } = turn;
  const drafts: string[] = [];
  let refused: RefusedAttempt | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const maxTokens = roomFor(before, act);
    const asked = { messages: writeMessages(turn, refused), schema: writtenJson };
    const request = { ...asked, maxTokens, temperature, seed: seed + attempt };
    const { value, problem } = parseJsonReply(await ask(request), writtenSchema);
    if (value === undefined) {
      refuse(problem);
      continue;
    }
    const { reply } = value;
    const checked = check(act, reply, before);
    let objection = checked.problem;
    let reason = checked.rule;
    if (objection === undefined && judge !== undefined) {
      const question = { messages: judgeMessages(turn, reply), schema: judgedJson };
      const judged = parseJsonReply(await ask({ ...question, maxTokens: 200, temperature: 0, seed }), judgedSchema);
      // A judge that says nothing of use says nothing in favour either.
      if (judged.value === undefined) [objection, reason] = ["the review could not be read", "judge-unreadable"];
      else if (judged.value.score < judge) [objection, reason] = [judged.value.reason, "judge"];
    }
    if (objection === undefined) {
      const made: DialogueTurn = {
        ...{ act: toJson(act), instruction, language, reply, verdict: checked.verdict, checks: checked.checks },
        derivation: { kind: "taught", rule: `teacher-${promptVersion}`, isMechanical: false },
        // Only the checks of the acts are sure enough of themselves to call a draft the worse one.
        ...(drafts.length === 0 ? {} : { rejected: drafts }),
      };
      return { turn: made, state: checked.state };
    }
    refuse(reason);
    if (checked.problem !== undefined && !drafts.includes(reply)) drafts.push(reply);
    refused = { reply, problem: objection };
  }
  return undefined;
}

/** The verdicts on a reply, and the state that it leaves. `problem` says what fails. */
interface CheckedReply {
  readonly verdict: Verdict;
  readonly checks: readonly StateVerdict[];
  readonly state: TranslationState;
  readonly problem: string | undefined;
  /** Of what fails: the act's kind, or the first word of the rule. */
  readonly rule: string;
}

function check(act: Act, reply: string, before: TranslationState): CheckedReply {
  const after = act.apply(before);
  const verdict = act.verify(reply, { before, after });
  const isTranslation = act.replies === "translation";
  const asked = act.forReply?.(after) ?? after;
  const checks = isTranslation ? verifyState(reply, asked) : [];
  const failed = checks.find((found) => found.verdict.outcome === "fail");
  const problem = verdict.outcome === "fail" ? verdict.reason : failed?.verdict.reason;
  const rule = verdict.outcome === "fail" ? act.kind : (failed?.rule.split(" ")[0] ?? "");
  return { verdict, checks, state: isTranslation ? { ...after, translation: reply } : after, problem, rule };
}
