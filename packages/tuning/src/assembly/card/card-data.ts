import { actFromJson } from "@bayling/core/interaction";
import type { BitextReport } from "../../bitext/bitext-report.ts";
import type { Dialogue, DialogueTurn } from "../../dialogues/dialogue.ts";
import type { TokenUse } from "../../teacher/budget.ts";
import { contentSeed } from "../content-hash.ts";
import type { SplitName } from "../splitter.ts";

type Counts = Record<string, number>;

/** What a data set is like; plain data, which `card.json` holds. */
export interface CardData {
  readonly name: string;
  readonly dialogues: number;
  readonly turns: number;
  readonly splits: Readonly<Record<SplitName, number>>;
  /** Rows that training does not get, because they would teach what is held out. */
  readonly heldBack: number;
  /** Dialogues by `from>to`; general ones by `general`. */
  readonly directions: Readonly<Counts>;
  /** Turns by kind of act, then by direction. */
  readonly acts: Readonly<Record<string, Readonly<Counts>>>;
  /** Turns by kind of act, then by what its check says: `pass` or `unknown`. */
  readonly verdicts: Readonly<Record<string, Readonly<Counts>>>;
  /** What first turns ask for besides a translation, by kind of act. */
  readonly asked: Readonly<Counts>;
  readonly turnsPerDialogue: Readonly<Counts>;
  readonly instructionLanguages: Readonly<Counts>;
  readonly engines: Readonly<Counts>;
  readonly models: Readonly<Counts>;
  readonly generators: Readonly<Counts>;
  /** Turns by where their reply comes from, and by the rule that made it. */
  readonly derivations: Readonly<Counts>;
  readonly rules: Readonly<Counts>;
  /** Translations after the first one of a dialogue. */
  readonly revisions: { readonly total: number; readonly mechanical: number };
  /** Drafts that failed a check and stand beside the reply that passed. */
  readonly rejectedDrafts: number;
  /** Characters of the longest text of a bar, then sources and replies of that length, by language. */
  readonly lengths: Readonly<Record<string, { readonly source: readonly number[]; readonly reply: readonly number[] }>>;
  readonly licenses: readonly LicenseUse[];
  readonly intake: BitextReport;
  readonly teacher: { readonly rejects: Readonly<Counts>; readonly use: TokenUse } | undefined;
  readonly samples: readonly Dialogue[];
}

/** A corpus that rows were made from. */
export interface LicenseUse {
  readonly corpus: string;
  readonly license: string | undefined;
  readonly files: readonly string[];
  readonly dialogues: number;
}

/** The longest text of each bar in characters; the last bar has no end. */
export const lengthBars: readonly number[] = [10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300];

const samplesPerAct = 2;

interface Sample {
  readonly rank: number;
  readonly dialogue: Dialogue;
}

/** Counts dialogues one by one. */
export class CardCounter {
  readonly #turnsPerDialogue: Counts = {};
  readonly #directions: Counts = {};
  readonly #acts: Record<string, Counts> = {};
  readonly #verdicts: Record<string, Counts> = {};
  readonly #asked: Counts = {};
  readonly #instructionLanguages: Counts = {};
  readonly #engines: Counts = {};
  readonly #models: Counts = {};
  readonly #generators: Counts = {};
  readonly #derivations: Counts = {};
  readonly #rules: Counts = {};
  readonly #lengths: Record<string, { source: number[]; reply: number[] }> = {};
  readonly #licenses = new Map<
    string,
    { corpus: string; license: string | undefined; files: Set<string>; dialogues: number }
  >();
  readonly #samples = new Map<string, Sample[]>();
  readonly #splits = { train: 0, validation: 0, test: 0 };
  #heldBack = 0;
  #dialogues = 0;
  #turns = 0;
  #revisions = 0;
  #mechanical = 0;
  #rejectedDrafts = 0;

  /** @param split undefined for a row that is held back */
  add(dialogue: Dialogue, split: SplitName | undefined): void {
    const { from, to, source, turns, provenance } = dialogue;
    const direction = from === undefined || to === undefined ? "general" : `${from}>${to}`;
    this.#dialogues++;
    this.#turns += turns.length;
    if (split === undefined) this.#heldBack++;
    else this.#splits[split]++;
    increment(this.#directions, direction);
    increment(this.#turnsPerDialogue, String(turns.length));
    increment(this.#engines, provenance.engine);
    increment(this.#generators, provenance.generator);
    if (provenance.model !== undefined) increment(this.#models, provenance.model);
    this.#measure(from ?? "general", "source", source);
    for (const [index, turn] of turns.entries()) this.#addTurn(turn, index, direction, to ?? "general");
    for (const key of new Set(
      provenance.origins.map(({ corpus, license }) => JSON.stringify([corpus, license ?? null])),
    )) {
      const [corpus, license] = JSON.parse(key) as [string, string | null];
      const use = this.#licenses.get(key) ?? { corpus, license: license ?? undefined, files: new Set(), dialogues: 0 };
      use.dialogues++;
      for (const origin of provenance.origins) if (origin.corpus === corpus) use.files.add(origin.file);
      this.#licenses.set(key, use);
    }
    this.#sample(dialogue);
  }

  #addTurn(turn: DialogueTurn, index: number, direction: string, language: string): void {
    const { act, verdict, derivation, reply, rejected = [] } = turn;
    const kind = act?.kind ?? "general";
    increment(
      entry(this.#acts, kind, () => ({})),
      direction,
    );
    if (verdict !== undefined)
      increment(
        entry(this.#verdicts, kind, () => ({})),
        verdict.outcome,
      );
    for (const besides of turn.asked ?? []) increment(this.#asked, besides.kind);
    if (turn.language !== undefined) increment(this.#instructionLanguages, turn.language);
    increment(this.#derivations, derivation.kind);
    increment(this.#rules, derivation.rule);
    this.#rejectedDrafts += rejected.length;
    this.#measure(language, "reply", reply);
    if (index === 0 || act === undefined || actFromJson(act).replies !== "translation") return;
    this.#revisions++;
    if (derivation.isMechanical) this.#mechanical++;
  }

  #measure(language: string, side: "source" | "reply", text: string): void {
    const bars = entry(this.#lengths, language, () => ({ source: emptyBars(), reply: emptyBars() }))[side];
    const length = Array.from(text).length;
    const bar = lengthBars.findIndex((most) => length <= most);
    bars[bar === -1 ? lengthBars.length : bar]!++;
  }

  /** A few for each act, chosen by hash, so that they come from all over and are the same in every run. */
  #sample(dialogue: Dialogue): void {
    const rank = contentSeed("sample", dialogue.id);
    for (const kind of new Set(dialogue.turns.map(({ act }) => act?.kind ?? "general"))) {
      const samples = this.#samples.get(kind) ?? [];
      samples.push({ rank, dialogue });
      samples.sort((one, other) => one.rank - other.rank);
      samples.length = Math.min(samples.length, samplesPerAct);
      this.#samples.set(kind, samples);
    }
  }

  result(given: Pick<CardData, "name" | "intake" | "teacher">): CardData {
    const sampled = new Map([...this.#samples.values()].flat().map(({ dialogue }) => [dialogue.id, dialogue] as const));
    return {
      ...given,
      ...{ dialogues: this.#dialogues, turns: this.#turns, splits: this.#splits, heldBack: this.#heldBack },
      ...{ directions: this.#directions, acts: this.#acts, verdicts: this.#verdicts, asked: this.#asked },
      ...{ turnsPerDialogue: this.#turnsPerDialogue, instructionLanguages: this.#instructionLanguages },
      ...{ engines: this.#engines, models: this.#models, generators: this.#generators },
      ...{ derivations: this.#derivations, rules: this.#rules, lengths: this.#lengths },
      revisions: { total: this.#revisions, mechanical: this.#mechanical },
      rejectedDrafts: this.#rejectedDrafts,
      licenses: [...this.#licenses.values()].map((use) => ({ ...use, files: [...use.files].sort() })),
      samples: [...sampled.values()],
    };
  }
}

function entry<Value>(record: Record<string, Value>, name: string, create: () => Value): Value {
  const value = record[name] ?? create();
  record[name] = value;
  return value;
}

function increment(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function emptyBars(): number[] {
  return new Array<number>(lengthBars.length + 1).fill(0);
}
