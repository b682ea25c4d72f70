import { decodeReferences } from "./character-references.ts";
import { type MarkupLanguage, type MarkupToken, readMarkup } from "./markup-tokens.ts";

export interface OutlineOptions {
  readonly language: MarkupLanguage;
  /** Elements that never stand within a sentence. */
  readonly splittingTags?: readonly string[] | undefined;
  /** Elements that stand within a sentence, whatever they look like. */
  readonly nonSplittingTags?: readonly string[] | undefined;
  /** Elements whose content stays as it is. */
  readonly ignoreTags?: readonly string[] | undefined;
  /** Of XML: whether elements that text stands beside belong to it, and others do not. Default true; else all belong. */
  readonly outlineDetection?: boolean | undefined;
}

/**
 * What a text with markup is made of. Between two `border`s are runs of text in which tags nest: each `opening` has its
 * `closing` in the same run. `mark` is whatever else stands within a sentence.
 */
export type OutlineItem = OutlineText | OutlineTag;

export interface OutlineText {
  readonly kind: "text";
  /** What it says: its character references are resolved. */
  readonly text: string;
}

export interface OutlineTag {
  readonly kind: "border" | "opening" | "closing" | "mark";
  /** As the source has it. */
  readonly raw: string;
}

/** Tags within each other; those that are deeper end runs. */
const deepest = 32;

/** Elements of HTML that stand within a line. All others end sentences. */
const inlineElements: ReadonlySet<string> = new Set(
  (
    "a abbr acronym audio b bdi bdo big button canvas cite code data del dfn em embed font i iframe img input ins kbd label " +
    "map mark math meter nobr noscript object output picture progress q rp rt ruby s samp script select slot small source span " +
    "strike strong sub sup svg template time tt u var video wbr"
  ).split(" "),
);

/** Elements of HTML whose content is not for translation. */
const verbatimElements: ReadonlySet<string> = new Set(
  "script style xmp noembed noframes template svg math code kbd samp var pre textarea".split(" "),
);

const untranslated =
  /\stranslate\s*=\s*["']?no["'\s>/]|\sclass\s*=\s*(?:"[^"]*(?<=["\s])notranslate[\s"]|'[^']*(?<=['\s])notranslate[\s']|notranslate[\s>/])/i;

/** Reads a text with markup. Takes time proportional to its length. */
export function readOutline(source: string, options: OutlineOptions): readonly OutlineItem[] {
  const tokens = foldIgnored(readMarkup(source, options.language), options);
  const isInline = inlineTokens(tokens, options);
  const items: OutlineItem[] = [];
  const open: { readonly at: number; readonly name: string; readonly raw: string }[] = [];
  // What is open cannot be closed in this run any more.
  const endRun = () => {
    for (const { at, raw } of open.splice(0)) items[at] = { kind: "border", raw };
  };
  for (const [index, { kind, raw, name }] of tokens.entries()) {
    if (kind === "text") {
      for (const piece of decodeReferences(raw, options.language)) {
        items.push("text" in piece ? { kind: "text", ...piece } : { kind: "mark", raw: piece.reference });
      }
    } else if (!isInline[index]) {
      endRun();
      items.push({ kind: "border", raw });
    } else if (kind === "opening") {
      if (open.length === deepest) endRun();
      open.push({ at: items.length, name: name!, raw });
      items.push({ kind: "opening", raw });
    } else if (kind === "closing") {
      const isPair = open.at(-1)?.name === name;
      if (isPair) open.pop();
      else endRun();
      items.push({ kind: isPair ? "closing" : "border", raw });
    } else items.push({ kind: "mark", raw });
  }
  endRun();
  return items;
}

/** Elements that are not for translation as one token each. */
function foldIgnored(tokens: readonly MarkupToken[], { language, ignoreTags = [] }: OutlineOptions): MarkupToken[] {
  const ignored = namesOf(ignoreTags, language);
  const isIgnored = ({ kind, name, raw }: MarkupToken) =>
    kind === "opening" &&
    (ignored.has(name!) || (language === "html" && (verbatimElements.has(name!) || untranslated.test(raw))));
  const ends = closingOf(tokens);
  const folded: MarkupToken[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    const end = isIgnored(token) ? ends.get(index) : undefined;
    if (end === undefined) folded.push(token);
    else {
      const raw = tokens.slice(index, end + 1).map((each) => each.raw);
      folded.push({ kind: "empty", raw: raw.join(""), name: token.name });
      index = end;
    }
  }
  return folded;
}

/** For each opening tag, where it is closed: by the next closing tag of its name that no other has. */
function closingOf(tokens: readonly MarkupToken[]): ReadonlyMap<number, number> {
  const open = new Map<string, number[]>();
  const ends = new Map<number, number>();
  for (const [index, { kind, name }] of tokens.entries()) {
    if (kind === "opening") {
      const same = open.get(name!);
      if (same === undefined) open.set(name!, [index]);
      else same.push(index);
    } else if (kind === "closing") {
      const begin = open.get(name!)?.pop();
      if (begin !== undefined) ends.set(begin, index);
    }
  }
  return ends;
}

/** By token: whether it belongs to the sentence that it stands in. */
function inlineTokens(tokens: readonly MarkupToken[], options: OutlineOptions): readonly boolean[] {
  const { language, outlineDetection = true } = options;
  const splitting = namesOf(options.splittingTags ?? [], language);
  const nonSplitting = namesOf(options.nonSplittingTags ?? [], language);
  const besideText = language === "xml" && outlineDetection ? tokensBesideText(tokens) : undefined;
  return tokens.map(({ kind, name }, index) => {
    if (name !== undefined && splitting.has(name)) return false;
    if (name !== undefined && nonSplitting.has(name)) return true;
    if (language === "xml") return besideText?.[index] ?? true;
    return kind === "other" || inlineElements.has(name!);
  });
}

/**
 * By token: whether text stands beside its element, or beside one that it is in. So `<title>`, which stands among other
 * elements, is none of a sentence, and whatever stands in it is.
 */
function tokensBesideText(tokens: readonly MarkupToken[]): readonly boolean[] {
  interface Element {
    readonly parent: Element | undefined;
    hasText: boolean;
  }
  const root: Element = { parent: undefined, hasText: false };
  const open: { readonly name: string; readonly element: Element }[] = [];
  /** The element around each token; of a tag, the one around its element. */
  const around = tokens.map(({ kind, raw, name }) => {
    const current = open.at(-1)?.element ?? root;
    if (kind === "text" && /\S/.test(raw)) current.hasText = true;
    if (kind === "opening") open.push({ name: name!, element: { parent: current, hasText: false } });
    if (kind !== "closing" || open.at(-1)?.name !== name) return current;
    return open.pop()!.element.parent!;
  });
  const known = new Map<Element, boolean>();
  // Elements come before those within them, so that a parent is known already.
  return around.map((element) => {
    let isInline = known.get(element);
    if (isInline === undefined) {
      isInline = element.hasText || (element.parent !== undefined && known.get(element.parent) === true);
      known.set(element, isInline);
    }
    return isInline;
  });
}

function namesOf(names: readonly string[], language: MarkupLanguage): ReadonlySet<string> {
  return new Set(language === "html" ? names.map((name) => name.toLowerCase()) : names);
}
