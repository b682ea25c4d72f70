import { type Act, createState, type InstructionLanguage, translate } from "@bayling/core/interaction";
import { type Lexicons, lexiconKey } from "../alignment/train-lexicon.ts";
import { hash32 } from "../bitext/hashes.ts";
import type { PairOrigin } from "../bitext/sentence-pair.ts";
import { Random } from "../random.ts";
import type { Dialogue } from "./dialogue.ts";
import type { DialogueIndex } from "./dialogue-index.ts";
import { type DialoguePlan, firstRequest } from "./dialogue-plan.ts";
import { DialogueWriter } from "./dialogue-writer.ts";
import { type FirstRequestFinder, firstRequestFinders } from "./first-requests.ts";
import { type Move, type MoveContext, wasSaid } from "./move.ts";
import { moveFinders } from "./move-finders.ts";
import { variants } from "./moves/request-moves.ts";
import type { DirectedPair, Start } from "./starts.ts";

export interface DialogueSettings {
  readonly lexicons: Lexicons;
  readonly index: DialogueIndex;
  /** Unsigned 32-bit. */
  readonly seed: number;
  readonly plan: DialoguePlan;
}

/** Moves on when the same arguments give other rows. */
export const generatorVersion = "rules-3";

/** Draws for one further turn before the dialogue ends; seldom possible requests are drawn often, and in vain. */
const mostDraws = 8;

/** Requests that go back on one before. */
const retractions: ReadonlySet<string> = new Set(["undo", "release"]);

/** Requests that a draft of a translation can be made for, where people wrote one translation only. */
const draftable: ReadonlySet<string> = new Set([
  ...["include-terms", "forbid-terms", "glossary", "insert", "replace", "correct", "rephrase", "shorten", "set-length"],
]);

/** Chooses by shares. */
function drawn(entries: readonly (readonly [name: string, share: number])[], random: Random): string {
  let left = random.fraction() * entries.reduce((sum, [, share]) => sum + share, 0);
  for (const [name, share] of entries) {
    left -= share;
    if (left < 0) return name;
  }
  return entries.at(-1)![0];
}

/** Makes one dialogue about a pair. */
export class DialogueMaker {
  readonly #pair: DirectedPair;
  readonly #settings: DialogueSettings;
  readonly #id: string;
  readonly #random: Random;
  readonly #language: InstructionLanguage;
  #writer: DialogueWriter;

  constructor(pair: DirectedPair, settings: DialogueSettings, name: string) {
    const hash = hash32(name, settings.seed);
    this.#pair = pair;
    this.#settings = settings;
    this.#id = hex(hash) + hex(hash32(name, settings.seed ^ 0x5bd1e995));
    this.#random = new Random(hash);
    this.#language = drawn(Object.entries(settings.plan.languages), this.#random) as InstructionLanguage;
    this.#writer = this.#newWriter();
  }

  #newWriter(): DialogueWriter {
    return new DialogueWriter(this.#language, this.#lexiconFor, this.#random);
  }

  #lexiconFor = (one: string, other: string) => this.#settings.lexicons.get(lexiconKey(one, other));

  /** A translation that nothing else is asked of. */
  plain(): Dialogue | undefined {
    const start = this.#pair.reference;
    return this.#begin(start, []) ? this.#finish(start) : undefined;
  }

  /** A dialogue that begins with a request, and goes on with others. */
  about(request: string): { readonly dialogue: Dialogue; readonly lead: string } | undefined {
    const { plan } = this.#settings;
    const first = firstFinders.get(request);
    const { turnFactors = [] } = plan;
    const lengths = plan.turns.map((share, place) => [String(place + 1), share * (turnFactors[place] ?? 1)] as const);
    const length = Number(drawn(first === undefined ? lengths.slice(1) : lengths, this.#random));
    const start = first === undefined ? this.#lead(request) : this.#leadFirst(first);
    if (start === undefined) return undefined;
    const lead = JSON.stringify(this.#writer.turns.map(({ act, asked, reply }) => [act, asked, reply]));
    while (this.#writer.turns.length < length) if (!this.#goOn()) break;
    return { dialogue: this.#finish(start), lead };
  }

  #leadFirst(finder: FirstRequestFinder): Start | undefined {
    const start = this.#variant() ?? this.#pair.reference;
    const [act] = finder(this.#pair.known(start, this.#random));
    if (act === undefined) return undefined;
    const besides = this.#random.below(4) === 0 ? this.#anyFirst(start) : [];
    return this.#begin(start, [act, ...besides.filter((other) => isApart(act, other))]) ? start : undefined;
  }

  /** Another request of a first turn. */
  #anyFirst(start: Start): readonly Act[] {
    const shares = Object.entries(this.#settings.plan.firstRequests);
    if (shares.length === 0) return [];
    const name = drawn(shares, this.#random);
    return firstRequestFinders[name]?.(this.#pair.known(start, this.#random)).slice(0, 1) ?? [];
  }

  #lead(request: string): Start | undefined {
    if (retractions.has(request)) return this.#leadBack(request);
    const random = this.#random;
    const own = this.#variant() ?? this.#pair.reference;
    const starts = [own, ...(draftable.has(request) ? this.#pair.drafts(random) : [])];
    const besides = random.fraction() < this.#settings.plan.ruledFirstTurns;
    for (const start of starts) {
      // Whether there is anything to ask for is cheaper to find than whether the beginning is good.
      if (moveFinders[request]?.(this.#supposed(start)).length === 0) continue;
      this.#writer = this.#newWriter();
      if (this.#begin(start, besides ? this.#anyFirst(start) : []) && this.#add(request)) return start;
    }
    return undefined;
  }

  #leadBack(request: string): Start | undefined {
    const start = this.#pair.reference;
    if (!this.#begin(start, [])) return undefined;
    return this.#goOn() && this.#add(request) ? start : undefined;
  }

  /** Every other sentence of Tatoeba is about Tom. */
  #variant(): Start | undefined {
    const { pair, hasOthers } = this.#pair;
    if (hasOthers || this.#random.below(4) > 0) return undefined;
    const { source, target, sourceLanguage, targetLanguage } = pair;
    const swapped = variants(source, target, sourceLanguage, targetLanguage, (limit) => this.#random.below(limit));
    if (swapped.length === 0) return undefined;
    const [text, translation, rule] = this.#random.pick(swapped);
    return { source: text, translation, derivation: { kind: "edited", rule, isMechanical: true } };
  }

  #begin({ source, translation, derivation }: Start, asked: readonly Act[]): boolean {
    const { sourceLanguage: from, targetLanguage: to } = this.#pair.pair;
    const move: Move = { act: translate(), reply: translation, derivation, origins: [] };
    const others = asked.length === 0 ? [] : this.#pair.othersOf(source, translation).map(({ text }) => text);
    return this.#writer.writeFirst(move, createState(from, to, source), asked, others, this.#pair.verdicts);
  }

  /** The context as it will be once the dialogue has begun. */
  #supposed({ source, translation }: Start): MoveContext {
    const { sourceLanguage: from, targetLanguage: to } = this.#pair.pair;
    const before = createState(from, to, source);
    return this.#context([{ act: translate(), before, after: { ...before, translation } }]);
  }

  #context(history: MoveContext["history"]): MoveContext {
    const { index } = this.#settings;
    const state = history.at(-1)!.after;
    const { source, from, to, translation: current = "" } = state;
    const lexicon = this.#lexiconFor(from, to) ?? this.#pair.lexicon;
    const others =
      from === this.#pair.pair.sourceLanguage && to === this.#pair.pair.targetLanguage
        ? this.#pair.othersOf(source, current)
        : index.renderings(source, from).filter(({ text, language }) => language === to && text !== current);
    return {
      ...{ state, current, others, lexicon, index, history },
      ...{ language: this.#language, random: this.#random, lexiconFor: this.#lexiconFor },
    };
  }

  /** Writes a turn with a request, if that is possible now. */
  #add(request: string): boolean {
    const context = this.#context(this.#writer.history);
    const { state, others, current, random } = context;
    if (this.#lexiconFor(state.from, state.to) === undefined) return false;
    const found = moveFinders[request]?.(context) ?? [];
    // Who asks for what stood there before goes back, in so many words.
    const moves = retractions.has(request)
      ? found
      : found.filter(({ act, reply }) => act.replies === "text" || !wasSaid(context, reply));
    const replies = [...others.slice(0, 2).map(({ text }) => text), current];
    return random
      .shuffle(moves)
      .slice(0, 3)
      .some((move) => this.#writer.write(request, move, state, replies));
  }

  /** Writes another turn. The same request twice in a dialogue reads as a game. */
  #goOn(): boolean {
    const { plan } = this.#settings;
    const { sourceLanguage, targetLanguage } = this.#pair.pair;
    const rates = plan.rates?.[`${sourceLanguage}>${targetLanguage}`];
    const left = new Map(Object.entries(plan.requests).map(([name, share]) => [name, rates?.[name] ?? share]));
    for (const request of this.#writer.requests) left.delete(request);
    for (let draws = 0; draws < mostDraws && left.size > 0; draws++) {
      const request = drawn([...left], this.#random);
      left.delete(request);
      if (this.#add(request)) return true;
    }
    return false;
  }

  #finish({ source }: Start): Dialogue {
    const { pair } = this.#pair;
    const { turns, origins } = this.#writer;
    return {
      ...{ id: this.#id, task: "interactive-translation", from: pair.sourceLanguage, to: pair.targetLanguage },
      ...{ source, turns },
      provenance: {
        origins: distinct([pair.origin, ...origins]),
        ...{ engine: "rules", seed: this.#settings.seed, generator: generatorVersion },
      },
    };
  }
}

/** Whether two acts ask for different things. A glossary and words to use are often about the same words. */
function isApart(one: Act, other: Act): boolean {
  const about = ({ kind }: Act) => (kind === "glossary" ? "include-terms" : kind === "set-length" ? "shorten" : kind);
  return about(one) !== about(other);
}

const firstFinders: ReadonlyMap<string, FirstRequestFinder> = new Map(
  Object.entries(firstRequestFinders).map(([name, finder]) => [firstRequest(name), finder]),
);

function distinct(origins: readonly PairOrigin[]): readonly PairOrigin[] {
  const seen = new Map(origins.map((origin) => [`${origin.file}:${origin.line}`, origin]));
  return [...seen.values()];
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
