import { describeValue } from "../../check-argument.ts";
import { BayLingError } from "../../errors.ts";
import type { Act } from "../act.ts";
import { alternatives } from "../acts/alternatives.ts";
import { ask } from "../acts/ask.ts";
import { backTranslate } from "../acts/back-translate.ts";
import { correct } from "../acts/correct.ts";
import { deleteText } from "../acts/delete.ts";
import { explain } from "../acts/explain.ts";
import { forbidTerms } from "../acts/forbid-terms.ts";
import { glossary } from "../acts/glossary.ts";
import { includeTerms } from "../acts/include-terms.ts";
import { insert } from "../acts/insert.ts";
import { keepPrefix } from "../acts/keep-prefix.ts";
import { keepUntranslated } from "../acts/keep-untranslated.ts";
import { lengthen } from "../acts/lengthen.ts";
import { type ReleasableRule, release } from "../acts/release.ts";
import { rephrase } from "../acts/rephrase.ts";
import { replace } from "../acts/replace.ts";
import { revise } from "../acts/revise.ts";
import { setFormats } from "../acts/set-formats.ts";
import { setLength } from "../acts/set-length.ts";
import { setRegister } from "../acts/set-register.ts";
import { shorten } from "../acts/shorten.ts";
import { switchLanguage } from "../acts/switch-language.ts";
import { translate } from "../acts/translate.ts";
import { groupParts, joinParts, splitArguments, splitAt, splitPair, wholeText } from "./command-arguments.ts";
import { readLength } from "./command-length.ts";

/** An act as a person types it. */
export interface Command {
  /** Without the slash; the first is shown. */
  readonly names: readonly [string, ...string[]];
  /** What stands behind the name: `"old" "new"`. */
  readonly usage: string;
  /** What it does, in a clause. */
  readonly summary: string;
  /** @throws BayLingError `argument-invalid`, `language-unknown` */
  read(rest: string): Act;
}

/** The error for a command whose arguments do not fit. */
function misused(name: string, usage: string, rest: string): BayLingError {
  return new BayLingError("argument-invalid", {
    field: `/${name}`,
    problem: "the command does not fit what stands behind it",
    expected: `/${name} ${usage}`.trim(),
    received: describeValue(rest.trim()),
  });
}

function command(
  names: Command["names"],
  usage: string,
  summary: string,
  read: (rest: string) => Act | undefined,
): Command {
  return {
    ...{ names, usage, summary },
    read(rest) {
      const act = read(rest);
      if (act === undefined) throw misused(names[0], usage, rest);
      return act;
    },
  };
}

/** A command with nothing behind it. */
function plain(names: Command["names"], summary: string, make: () => Act): Command {
  return command(names, "", summary, (rest) => (rest.trim() === "" ? make() : undefined));
}

/** A text that may be missing. */
function optional(rest: string): string | undefined {
  const text = wholeText(rest);
  return text === "" ? undefined : text;
}

function readTerms(rest: string): readonly string[] | undefined {
  const terms = splitAt(rest, "comma");
  return terms.length === 0 ? undefined : terms;
}

function readIncluded(rest: string): Act | undefined {
  const terms = groupParts(splitArguments(rest), "comma").map((term) =>
    groupParts(term, "bar").map((form) => joinParts(rest, form)),
  );
  return terms.length === 0 ? undefined : includeTerms(terms);
}

function readGlossary(rest: string): Act | undefined {
  const entries = groupParts(splitArguments(rest), "semicolon").map((entry) => groupParts(entry, "equals"));
  if (entries.length === 0 || entries.some((sides) => sides.length !== 2)) return undefined;
  return glossary(
    entries.map((sides) => ({
      source: joinParts(rest, sides[0]!),
      targets: groupParts(sides[1]!, "bar").map((target) => joinParts(rest, target)),
    })),
  );
}

function readShorter(rest: string): Act | undefined {
  if (rest.trim() === "") return shorten();
  const length = readLength(rest);
  if (length === undefined || length.least !== length.most) return undefined;
  return shorten({ unit: length.unit, most: length.most });
}

function readLonger(rest: string): Act | undefined {
  if (rest.trim() === "") return lengthen();
  const length = readLength(rest);
  if (length === undefined || length.least !== length.most) return undefined;
  return lengthen({ unit: length.unit, least: length.least });
}

function readInsert(rest: string): Act | undefined {
  const parts = splitArguments(rest);
  const [text, where, anchor] = parts;
  if (text?.kind !== "quoted" || where === undefined) {
    const whole = optional(rest);
    return whole === undefined ? undefined : insert(whole);
  }
  const place = rest.slice(where.start).trim();
  if (/^(?:(?:at|to)\s+)?(?:the\s+)?(?:start|beginning|front)$/iu.test(place))
    return insert(text.text, { place: "start" });
  if (/^(?:(?:at|to)\s+)?(?:the\s+)?end$/iu.test(place)) return insert(text.text, { place: "end" });
  if (anchor === undefined) return undefined;
  const named = wholeText(rest.slice(anchor.start));
  const word = where.text.toLowerCase();
  if (word === "before" || word === "after") return insert(text.text, { place: word, anchor: named });
  return word === "to" ? insert(text.text, { anchor: named }) : undefined;
}

function readCorrect(rest: string): Act {
  const hasTwo = splitAt(rest, "arrow").length === 2 || splitArguments(rest).every(({ kind }) => kind === "quoted");
  const pair = hasTwo ? splitPair(rest) : undefined;
  if (pair !== undefined) return correct({ wrong: pair[0], right: pair[1] });
  const whole = optional(rest);
  if (whole === undefined) return correct();
  return whole === rest.trim() ? correct({ note: whole }) : correct({ wrong: whole });
}

function readAlternatives(rest: string): Act | undefined {
  const found = /^(\d{1,9})?\s*(?:(?:for|für|of)\s+(.+))?$/isu.exec(rest.trim());
  if (found === null) return undefined;
  const [, count, text] = found;
  return alternatives(
    count === undefined ? undefined : Number(count),
    text === undefined ? undefined : wholeText(text),
  );
}

const rules: readonly ReleasableRule[] = ["length", "register", "formats", "prefix", "glossary", "terms"];

/** A quoted name of a rule is a term. */
function readRelease(rest: string): Act | undefined {
  const terms: string[] = [];
  const named: ReleasableRule[] = [];
  for (const part of groupParts(splitArguments(rest), "comma")) {
    const text = joinParts(rest, part);
    const rule = part[0]?.kind === "quoted" ? undefined : rules.find((candidate) => candidate === text.toLowerCase());
    if (rule === undefined) terms.push(text);
    else named.push(rule);
  }
  if (terms.length + named.length === 0) return undefined;
  return release({ terms: terms.length > 0 ? terms : undefined, rules: named.length > 0 ? named : undefined });
}

/** Every command of the library, in the order in which help shows them. */
export const commands: readonly Command[] = [
  command(
    ["include", "use"],
    "ledger, journal | diary",
    "asks for terms; of forms with | between them, one",
    readIncluded,
  ),
  command(["forbid", "avoid"], "bank, shore", "keeps terms out", (rest) => {
    const terms = readTerms(rest);
    return terms === undefined ? undefined : forbidTerms(terms);
  }),
  command(["glossary", "term"], "file = Datei; pipe = Pipe | Rohr", "fixes how terms are translated", readGlossary),
  command(["keep"], "React, Vue", "leaves terms untranslated", (rest) => {
    const terms = readTerms(rest);
    return terms === undefined ? undefined : keepUntranslated(terms);
  }),
  command(["shorter", "shorten"], "[10 words]", "asks for fewer words, or at most so many", readShorter),
  command(["longer", "lengthen"], "[10 words]", "asks for more words, or at least so many", readLonger),
  command(["length"], "5-10 words", "asks for a length, or for exactly one", (rest) => {
    const length = readLength(rest);
    return length === undefined ? undefined : setLength(length);
  }),
  plain(["formal"], "asks for a formal tone", () => setRegister("formal")),
  plain(["informal", "casual"], "asks for an informal tone", () => setRegister("informal")),
  command(["formats", "locale"], "de-AT", "writes numbers and dates as a locale does", (rest) =>
    setFormats(wholeText(rest)),
  ),
  command(["prefix", "begin"], "The ledger", "fixes how the translation begins", (rest) => {
    const prefix = wholeText(rest);
    return prefix === "" ? undefined : keepPrefix(prefix);
  }),
  command(["rephrase"], '["part"]', "asks for other words", (rest) => rephrase(optional(rest))),
  command(["revise"], "use the passive voice", "changes the translation as you say", (rest) => {
    const instruction = optional(rest);
    return instruction === undefined ? undefined : revise(instruction);
  }),
  command(
    ["insert", "add"],
    '"text" [at start | at end | before "part" | after "part" | to "part"]',
    "inserts a text",
    readInsert,
  ),
  command(["replace"], '"old" "new"', "replaces a part", (rest) => {
    const pair = splitPair(rest);
    return pair === undefined ? undefined : replace(...pair);
  }),
  command(["delete", "remove"], '"part"', "takes a part out", (rest) => {
    const text = optional(rest);
    return text === undefined ? undefined : deleteText(text);
  }),
  command(["correct", "fix"], '["wrong" "right" | what is wrong]', "asks for a correction", readCorrect),
  command(["explain", "why"], '["part" | question]', "asks why the translation is as it is", (rest) =>
    explain(optional(rest)),
  ),
  command(["alternatives", "alt"], '[3] [for "part"]', "asks for other translations", readAlternatives),
  plain(["back"], "translates the translation back", backTranslate),
  command(["ask"], "what does it mean?", "asks or says anything", (rest) => {
    const question = optional(rest);
    return question === undefined ? undefined : ask(question);
  }),
  command(["to"], "de", "switches to another language", (rest) => switchLanguage(wholeText(rest))),
  command(["release", "forget"], `bank, ${rules.join(", ")}`, "takes back what was asked", readRelease),
  command(["translate"], "[text]", "translates", (rest) => translate(optional(rest))),
];
