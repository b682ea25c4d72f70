import { countLength } from "@bayling/core/constraints";
import {
  type Act,
  createState,
  forbidTerms,
  glossary,
  type InstructionLanguage,
  includeTerms,
  setRegister,
  shorten,
  type TranslationState,
  toJson,
  translate,
} from "@bayling/core/interaction";
import type { Lexicon } from "../alignment/lexicon.ts";
import { mineTerms } from "../alignment/mine-terms.ts";
import { type Lexicons, lexiconKey } from "../alignment/train-lexicon.ts";
import { hash32 } from "../bitext/hashes.ts";
import type { PairOrigin, SentencePair } from "../bitext/sentence-pair.ts";
import { Random } from "../random.ts";
import { addressOf } from "./address.ts";
import type { Dialogue, DialogueTurn } from "./dialogue.ts";
import type { DialogueIndex } from "./dialogue-index.ts";
import type { DialoguePlan } from "./dialogue-plan.ts";
import type { Move, MoveContext, PastTurn } from "./move.ts";
import { moveFinders } from "./move-finders.ts";
import { variants } from "./moves/request-moves.ts";
import { occurrences } from "./text-words.ts";
import { verifyTurn } from "./verify-turn.ts";

export interface DialogueSettings {
  readonly lexicons: Lexicons;
  readonly index: DialogueIndex;
  /** Unsigned 32-bit. */
  readonly seed: number;
  readonly plan: DialoguePlan;
}

/** Moves on when the same arguments give other rows. */
export const generatorVersion = "rules-1";

/** Kinds of acts that are tried for one turn before the dialogue ends. */
const mostTries = 12;

/**
 * Makes the dialogues of a pair: a pure function of its arguments, so that any part of a corpus gives the rows that the
 * whole gives for it. A reply that fails the check of its act, or of what is carried, is never written.
 */
export function makeDialogues(pair: SentencePair, settings: DialogueSettings): readonly Dialogue[] {
  const { plan, seed } = settings;
  const dialogues: Dialogue[] = [];
  for (const given of [pair, reversed(pair)]) {
    const direction = `${given.sourceLanguage}>${given.targetLanguage}`;
    for (let number = 0; number < plan.dialoguesPerDirection; number++) {
      const id = `${direction}\t${given.source}\t${given.target}\t${number}`;
      const hash = hash32(id, seed);
      const random = new Random(hash);
      if (random.fraction() >= shareOf(plan.directions, direction)) continue;
      const dialogue = makeDialogue(given, settings, random, `${hex(hash)}${hex(hash32(id, seed ^ 0x5bd1e995))}`);
      if (dialogue !== undefined) dialogues.push(dialogue);
    }
  }
  return dialogues;
}

function reversed({ source, target, sourceLanguage, targetLanguage, ...rest }: SentencePair): SentencePair {
  return { ...rest, source: target, target: source, sourceLanguage: targetLanguage, targetLanguage: sourceLanguage };
}

/** The share of a direction as a probability: the largest share is all of it. */
function shareOf(shares: Readonly<Record<string, number>>, name: string): number {
  const largest = Math.max(1, ...Object.values(shares));
  return (shares[name] ?? 1) / largest;
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, "0");
}

function makeDialogue(
  pair: SentencePair,
  settings: DialogueSettings,
  random: Random,
  id: string,
): Dialogue | undefined {
  const { plan, lexicons, index, seed } = settings;
  const { sourceLanguage: from, targetLanguage: to } = pair;
  const lexicon = lexicons.get(lexiconKey(from, to));
  if (lexicon === undefined) return undefined;
  const language = drawn(plan.languages, random) as InstructionLanguage;
  const turnsWanted = Number(drawn(Object.fromEntries(plan.turns.map((share, turns) => [turns + 1, share])), random));
  const lexiconFor = (one: string, other: string) => lexicons.get(lexiconKey(one, other));
  const start = startOf(pair, lexicon, index, random, plan);
  const writer = new DialogueWriter(language, lexiconFor, random);
  if (!writer.write(start.move, start.state)) return undefined;
  while (writer.turns.length < turnsWanted) {
    if (!addTurn(writer, { lexicon, index, language, random, lexiconFor }, plan)) break;
  }
  return {
    ...{ id, task: "interactive-translation", from, to, source: start.state.source, turns: writer.turns },
    provenance: {
      origins: distinct([pair.origin, ...writer.origins]),
      ...{ engine: "rules", seed, generator: generatorVersion },
    },
  };
}

function distinct(origins: readonly PairOrigin[]): readonly PairOrigin[] {
  const seen = new Map(origins.map((origin) => [`${origin.file}:${origin.line}`, origin]));
  return [...seen.values()];
}

/** Chooses by shares. */
function drawn(shares: Readonly<Record<string, number>>, random: Random): string {
  const entries = Object.entries(shares);
  let left = random.fraction() * entries.reduce((sum, [, share]) => sum + share, 0);
  for (const [name, share] of entries) {
    left -= share;
    if (left < 0) return name;
  }
  return entries.at(-1)![0];
}

/** The turns of a dialogue, each checked before it is kept. */
class DialogueWriter {
  readonly turns: DialogueTurn[] = [];
  readonly history: PastTurn[] = [];
  readonly origins: PairOrigin[] = [];
  readonly #language: InstructionLanguage;
  readonly #lexiconFor: MoveContext["lexiconFor"];
  readonly #random: Random;

  constructor(language: InstructionLanguage, lexiconFor: MoveContext["lexiconFor"], random: Random) {
    this.#language = language;
    this.#lexiconFor = lexiconFor;
    this.#random = random;
  }

  /** Whether the turn was good enough to be written. */
  write({ act, reply, derivation, origins, mentions }: Move, before: TranslationState): boolean {
    const language = this.#language;
    const { verdict, checks, after, problem } = verifyTurn({
      ...{ act, reply, before, language, mentions, lexiconFor: this.#lexiconFor },
    });
    if (problem !== undefined) return false;
    const instruction = act.say({ language, seed: this.#random.uint32(), state: before });
    this.turns.push({ act: toJson(act), instruction, language, reply, verdict, checks, derivation });
    this.history.push({ act, before, after });
    this.origins.push(...origins);
    return true;
  }
}

/** The first turn: a translation, sometimes with requirements that the reference meets. */
function startOf(
  { source, target, sourceLanguage, targetLanguage }: SentencePair,
  lexicon: Lexicon,
  index: DialogueIndex,
  random: Random,
  plan: DialoguePlan,
): { readonly move: Move; readonly state: TranslationState } {
  let [text, translation, rule, isMechanical] = [source, target, "pair", false];
  // Every other sentence of Tatoeba is about Tom.
  if (random.below(4) === 0 && index.renderings(source, sourceLanguage).length < 2) {
    const swapped = variants(source, target, sourceLanguage, targetLanguage, (limit) => random.below(limit));
    if (swapped.length > 0) [text, translation, rule] = random.pick(swapped);
    isMechanical = swapped.length > 0;
  }
  let state = createState(sourceLanguage, targetLanguage, text);
  if (random.fraction() < plan.ruledFirstTurns) {
    const rules = firstRules(state, translation, lexicon, index);
    for (const act of random.shuffle(rules).slice(0, 1 + random.below(2))) state = act.apply(state);
  }
  const kind = isMechanical ? "edited" : "reference";
  return {
    move: { act: translate(), reply: translation, derivation: { kind, rule, isMechanical }, origins: [] },
    state,
  };
}

/** What could be asked of a translation that it does already. */
function firstRules(
  state: TranslationState,
  translation: string,
  lexicon: Lexicon,
  index: DialogueIndex,
): readonly Act[] {
  const { source, from, to } = state;
  const rules: Act[] = [];
  const terms = mineTerms(source, from, translation, lexicon, { leastStrictness: 0.4 });
  for (const { source: term, target } of terms.slice(0, 2)) {
    const isListed = hash32(term) % 2 === 0 && occurrences(source, term) === 1;
    rules.push(isListed ? glossary([{ source: term, targets: target }]) : includeTerms([target]));
  }
  for (const other of index.renderings(source, from).slice(0, 4)) {
    if (other.language !== to) continue;
    const unwanted = mineTerms(source, from, other.text, lexicon, { leastStrictness: 0.25 }).find(
      ({ target }) => occurrences(translation, target.slice(0, Math.max(2, target.length - 2))) === 0,
    );
    if (unwanted !== undefined) rules.push(forbidTerms([unwanted.target]));
  }
  const address = addressOf(translation, to);
  if (address === "formal") rules.push(setRegister("formal"));
  if (address === "one" || address === "several") rules.push(setRegister("informal"));
  const unit = to.startsWith("zh") ? "characters" : "words";
  const length = countLength(translation, unit);
  if (length >= 4) rules.push(shorten({ most: Math.ceil((length * 5) / 4), unit }));
  return rules;
}

function addTurn(
  writer: DialogueWriter,
  given: Omit<MoveContext, "state" | "current" | "others" | "history" | "lexicon"> & { readonly lexicon: Lexicon },
  plan: DialoguePlan,
): boolean {
  const { index, random, lexiconFor } = given;
  const state = writer.history.at(-1)!.after;
  const current = state.translation!;
  const lexicon = lexiconFor(state.from, state.to) ?? given.lexicon;
  const hasLexicon = lexiconFor(state.from, state.to) !== undefined;
  const others = index
    .renderings(state.source, state.from)
    .filter(({ text, language }) => language === state.to && text !== current);
  const context: MoveContext = { ...given, state, current, others, lexicon, history: writer.history };
  const kinds = new Map(Object.entries(plan.acts).map(([kind, share]) => [kind, share * (plan.weights[kind] ?? 1)]));
  const used = new Set(writer.history.map(({ act }) => act.kind));
  for (let tries = 0; tries < mostTries && kinds.size > 0; ) {
    const kind = drawn(Object.fromEntries(kinds), random);
    kinds.delete(kind);
    // The same request twice in a dialogue reads as a game.
    const finder = moveFinders[kind];
    if (finder === undefined || (used.has(kind) && kind !== "revise") || !hasLexicon) continue;
    const moves = finder(context);
    if (moves.length === 0) continue;
    tries++;
    for (const move of random.shuffle(moves).slice(0, 3)) if (writer.write(move, state)) return true;
  }
  return false;
}
