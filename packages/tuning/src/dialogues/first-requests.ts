import { countLength } from "@bayling/core/constraints";
import {
  type Act,
  forbidTerms,
  glossary,
  includeTerms,
  keepPrefix,
  setLength,
  setRegister,
  shorten,
  type TermInput,
} from "@bayling/core/interaction";
import { isContentWord } from "../alignment/content-words.ts";
import { type MinedTerm, mineTerms } from "../alignment/mine-terms.ts";
import { tokenize } from "../alignment/tokenize.ts";
import { addressOf } from "./address.ts";
import { type LearnedEditContext, otherTranslations } from "./learned-edits.ts";
import { isWorthSaying, occurrences } from "./text-words.ts";

/** A translation that a person wrote, which does already what is going to be asked for. */
export type FirstRequestContext = LearnedEditContext;

/** Finds what can be asked for together with the translation; none where the translation has nothing of the kind. */
export type FirstRequestFinder = (context: FirstRequestContext) => readonly Act[];

const leastStrictness = 0.3;
const mostTerms = 3;

/** Terms that do not overlap, in the order of the source. */
function someTerms({ source, from, text, lexicon, random }: FirstRequestContext): readonly MinedTerm[] {
  const terms = random.shuffle(mineTerms(source, from, text, lexicon, { leastStrictness }));
  const wanted = 1 + random.below(random.below(mostTerms) + 1);
  const chosen: MinedTerm[] = [];
  for (const term of terms) {
    const isApart = chosen.every(
      ({ sourceStart, targetStart, ...other }) =>
        other.target !== term.target &&
        (sourceStart + other.source.length <= term.sourceStart ||
          term.sourceStart + term.source.length <= sourceStart) &&
        (targetStart + other.target.length <= term.targetStart || term.targetStart + term.target.length <= targetStart),
    );
    if (isApart && chosen.length < wanted) chosen.push(term);
  }
  return chosen.sort((one, other) => one.sourceStart - other.sourceStart);
}

const includeTermsRequest: FirstRequestFinder = (context) => {
  const terms = someTerms(context);
  if (terms.length === 0) return [];
  const namesSource = context.random.below(4) === 0;
  const input = ({ source, target }: MinedTerm): TermInput =>
    namesSource && occurrences(context.source, source) === 1 ? { forms: [target], source } : target;
  return [includeTerms(terms.map(input))];
};

const glossaryRequest: FirstRequestFinder = (context) => {
  const terms = someTerms(context).filter(({ source }) => occurrences(context.source, source) === 1);
  return terms.length === 0 ? [] : [glossary(terms.map(({ source, target }) => ({ source, targets: target })))];
};

/** "Do not use “Auto”", which is what the word of the source often is. */
const forbidTermsRequest: FirstRequestFinder = (context) => {
  const { source, from, text, to, lexicon, index, random } = context;
  const written = index
    .renderings(source, from)
    .filter(({ language }) => language === to)
    .slice(0, 4)
    .flatMap((other) => mineTerms(source, from, other.text, lexicon, { leastStrictness: 0.25 }))
    .map(({ target }) => target);
  const words = [...written, ...otherTranslations(context).map((exchange) => exchange.to)];
  const stems = new Set(tokenize(text, to).map((token) => stemOf(token.text)));
  const unwanted = words.filter(
    (word) =>
      occurrences(text, word.slice(0, Math.max(2, word.length - 2))) === 0 &&
      ![...stems].some((stem) => stem === stemOf(word)),
  );
  return unwanted.length === 0 ? [] : [forbidTerms([random.pick(unwanted)])];
};

/** What forms of a word have in common, roughly: "helfen" and "geholfen" are hlf. Han characters as they are. */
function stemOf(word: string): string {
  const consonants = word
    .toLowerCase()
    .replace(/^ge(?=.{4})/u, "")
    .replace(/[aeiouyäöü]/gu, "");
  return /\p{Script=Latin}/u.test(word) ? consonants.slice(0, 3) : word;
}

const keepPrefixRequest: FirstRequestFinder = ({ text, to, random }) => {
  const tokens = tokenize(text, to);
  if (tokens.length < 4) return [];
  const least = isContentWord(tokens[0]!.text, to) || to.startsWith("zh") ? 0 : 1;
  const prefix = text.slice(0, tokens[Math.min(least + random.below(2), tokens.length - 3)]!.end);
  return isWorthSaying(prefix) ? [keepPrefix(prefix)] : [];
};

const setLengthRequest: FirstRequestFinder = ({ text, to, random }) => {
  const unit = to.startsWith("zh") ? "characters" : "words";
  const length = countLength(text, unit);
  if (length < 4) return [];
  const room = Math.max(1, Math.floor(length / 4));
  const most = length + random.below(room + 1);
  if (random.below(3) > 0) return [shorten({ most, unit })];
  return [setLength({ least: length - 1 - random.below(room), most, unit })];
};

const setRegisterRequest: FirstRequestFinder = ({ text, to }) => {
  const address = addressOf(text, to);
  if (address === "formal") return [setRegister("formal")];
  return address === "one" || address === "several" ? [setRegister("informal")] : [];
};

/** What finds the requests that can come with a first translation, by kind of act. */
export const firstRequestFinders: Readonly<Record<string, FirstRequestFinder>> = {
  ...{ "include-terms": includeTermsRequest, glossary: glossaryRequest, "forbid-terms": forbidTermsRequest },
  ...{ "keep-prefix": keepPrefixRequest, "set-length": setLengthRequest, "set-register": setRegisterRequest },
};
