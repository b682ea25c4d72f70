import type { Lexicon } from "../alignment/lexicon.ts";
import type { SentencePair } from "../bitext/sentence-pair.ts";
import type { Random } from "../random.ts";
import type { Derivation } from "./dialogue.ts";
import type { DialogueIndex, Rendering } from "./dialogue-index.ts";
import { exchangedWords, type LearnedEditContext, omissions, otherTranslations } from "./learned-edits.ts";
import type { TurnVerdict } from "./verify-turn.ts";

/** What a dialogue begins with. */
export interface Start {
  readonly source: string;
  readonly translation: string;
  readonly derivation: Derivation;
}

const mostDrafts = 4;

/** A pair in one direction, with what several dialogues about it can begin with. */
export class DirectedPair {
  readonly pair: SentencePair;
  readonly lexicon: Lexicon;
  /** The translation of the pair. */
  readonly reference: Start;
  /** Translations of the source by people, that of the pair first. */
  readonly #renderings: readonly Rendering[];
  readonly #index: DialogueIndex;
  /** Of first turns that ask for nothing but a translation. */
  readonly verdicts: Map<string, TurnVerdict> = new Map();
  #drafts: readonly Start[] | undefined;

  constructor(pair: SentencePair, lexicon: Lexicon, index: DialogueIndex) {
    const { source, target, sourceLanguage, targetLanguage, origin } = pair;
    this.pair = pair;
    this.lexicon = lexicon;
    this.reference = {
      ...{ source, translation: target },
      derivation: { kind: "reference", rule: "pair", isMechanical: false },
    };
    const others = index
      .renderings(source, sourceLanguage)
      .filter(({ text, language }) => language === targetLanguage && text !== target);
    this.#renderings = [{ text: target, language: targetLanguage, origin }, ...others];
    this.#index = index;
  }

  /** Whether people wrote more than one translation. */
  get hasOthers(): boolean {
    return this.#renderings.length > 1;
  }

  /** What people wrote for a source besides a translation. */
  othersOf(source: string, translation: string): readonly Rendering[] {
    return source === this.pair.source ? this.#renderings.filter(({ text }) => text !== translation) : [];
  }

  /** A start with all that is known of its languages. */
  known({ source, translation }: Start, random: Random): LearnedEditContext {
    const { sourceLanguage: from, targetLanguage: to } = this.pair;
    return { source, text: translation, from, to, index: this.#index, lexicon: this.lexicon, random };
  }

  /**
   * Translations that lack a word of the reference, or have another one in its place, so that a request leads to what a
   * person wrote. The same for all dialogues about the pair.
   */
  drafts(random: Random): readonly Start[] {
    this.#drafts ??= this.#makeDrafts(random);
    return random.shuffle(this.#drafts).slice(0, mostDrafts);
  }

  #makeDrafts(random: Random): readonly Start[] {
    const { source, target, targetLanguage } = this.pair;
    const context = this.known(this.reference, random);
    const draft = (translation: string, rule: string): Start => ({
      ...{ source, translation },
      derivation: { kind: "edited", rule, isMechanical: true },
    });
    return [
      ...exchangedWords(context).map(({ text }) => draft(text, "learned-exchange")),
      ...otherTranslations(context).map(({ text }) => draft(text, "other-translation")),
      ...omissions(target, targetLanguage, this.#index).map(({ text }) => draft(text, "learned-omission")),
    ];
  }
}
