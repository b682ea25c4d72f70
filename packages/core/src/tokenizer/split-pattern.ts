/**
 * Turns a pattern of a `tokenizer.json`, written for Oniguruma, into a JavaScript one (flags `gu`) of the same meaning.
 * Covers what pre-tokenizers use: properties, classes, look-ahead, counted repetition, `(?i:…)` around ASCII.
 * @returns `undefined` when the pattern holds something that would mean something else in JavaScript
 */
export function compileSplitPattern(source: string): RegExp | undefined {
  const rewritten = rewrite(source);
  if (rewritten === undefined) return undefined;
  try {
    return new RegExp(rewritten, "gu");
  } catch {
    return undefined;
  }
}

/** A very long pattern is no pre-tokenizer's. */
const LONGEST = 4096;

/** In one alternative of the whole pattern; those of real vocabularies have two. */
const mostUnbounded = 3;

/** JavaScript's `\s` has U+FEFF and lacks U+0085; Oniguruma's `\d` has every script's digits. */
const escapes: Readonly<Record<string, string>> = {
  s: "\\p{White_Space}",
  S: "\\P{White_Space}",
  d: "\\p{Nd}",
  D: "\\P{Nd}",
};

interface Group {
  /** Whether ASCII letters in it match either case. */
  readonly foldsCase: boolean;
  /** Whether it can match in several ways or lengths: repeating that again could take exponential time. */
  varies: boolean;
}

function rewrite(source: string): string | undefined {
  if (source.length > LONGEST) return undefined;
  const groups: Group[] = [{ foldsCase: false, varies: false }];
  let result = "";
  /** Whether the last thing was a quantifier, and the group that closed just before, if any. */
  let quantified = false;
  let closed: Group | undefined;
  /** Quantifiers without bound in this alternative: n of them that fail try length ** n ways. */
  let unbounded = 0;
  for (let index = 0; index < source.length; ) {
    const group = groups.at(-1)!;
    const quantifier = /^(?:[+*?]|\{\d{1,4}(?:,\d{0,4})?\})/.exec(source.slice(index, index + 11))?.[0];
    if (quantifier !== undefined) {
      if (quantified) {
        // `x+?` is lazy in both languages; `x++` is possessive, and after `{…}` the two disagree.
        if (quantifier !== "?" || source[index - 1] === "}") return undefined;
      } else {
        if (quantifier !== "?" && closed?.varies === true) return undefined;
        if (!/^\{\d+\}$/.test(quantifier)) for (const outer of groups) outer.varies = true;
        if (/[+*]|,\}/.test(quantifier) && ++unbounded > mostUnbounded) return undefined;
      }
      result += quantifier;
      index += quantifier.length;
      quantified = true;
      continue;
    }
    quantified = false;
    closed = undefined;
    const character = source[index]!;
    if (character === "\\") {
      const escaped = escapeAt(source, index);
      if (escaped === undefined) return undefined;
      result += escaped.text;
      index += escaped.length;
    } else if (character === "[") {
      const set = classAt(source, index, group.foldsCase);
      if (set === undefined) return undefined;
      result += set.text;
      index += set.length;
    } else if (character === "(") {
      const opening = /^\((?:\?(?:i:|:|=|!))?/.exec(source.slice(index, index + 4))![0];
      if (opening === "(" && source[index + 1] === "?") return undefined;
      groups.push({ foldsCase: opening === "(?i:" || group.foldsCase, varies: false });
      result += opening === "(?i:" || opening === "(" ? "(?:" : opening;
      index += opening.length;
    } else if (character === ")") {
      closed = groups.pop();
      if (groups.length === 0) return undefined;
      if (closed?.varies === true) groups.at(-1)!.varies = true;
      result += character;
      index++;
    } else if (character === "|") {
      group.varies = true;
      if (groups.length === 1) unbounded = 0;
      result += character;
      index++;
    } else if (".^$".includes(character)) {
      // Line ends differ between the two languages.
      return undefined;
    } else {
      const letter = group.foldsCase && /[A-Za-z]/.test(character);
      result += letter ? `[${character.toLowerCase()}${character.toUpperCase()}]` : character;
      index++;
    }
  }
  return groups.length === 1 ? result : undefined;
}

/** A character class. Nested classes, intersections and ranges under `(?i:…)` are not translated. */
function classAt(source: string, start: number, foldsCase: boolean): { text: string; length: number } | undefined {
  let index = start + 1;
  let text = "[";
  if (source[index] === "^") {
    text += "^";
    index++;
  }
  // Oniguruma takes a bracket in first place literally.
  if (source[index] === "]") return undefined;
  for (; index < source.length && source[index] !== "]"; ) {
    const character = source[index]!;
    if (character === "[" || source.startsWith("&&", index)) return undefined;
    if (foldsCase && (character === "-" || character === "\\")) return undefined;
    if (character === "\\") {
      const escaped = escapeAt(source, index);
      if (escaped === undefined) return undefined;
      text += escaped.text;
      index += escaped.length;
      continue;
    }
    if (foldsCase && /[A-Za-z]/.test(character)) text += character.toLowerCase() + character.toUpperCase();
    else text += /[(){}|/]/.test(character) ? `\\${character}` : character;
    index++;
  }
  return index < source.length ? { text: `${text}]`, length: index + 1 - start } : undefined;
}

function escapeAt(source: string, index: number): { text: string; length: number } | undefined {
  const property = /^\\[pP]\{\^?[A-Za-z_]+\}/.exec(source.slice(index, index + 40))?.[0];
  if (property !== undefined) {
    if (property.includes("^")) return undefined;
    const name = property.slice(3, -1);
    return { text: isScript(name) ? `${property.slice(0, 3)}Script=${name}}` : property, length: property.length };
  }
  const escaped = source[index + 1];
  if (escaped === undefined) return undefined;
  const rewritten = escapes[escaped];
  if (rewritten !== undefined) return { text: rewritten, length: 2 };
  if ("nrtfv".includes(escaped)) return { text: `\\${escaped}`, length: 2 };
  if (/[A-Za-z0-9]/.test(escaped)) return undefined;
  // JavaScript under `u` lets only these be escaped.
  return { text: /[\^$\\.*+?()[\]{}|/]/.test(escaped) || escaped === "-" ? quote(escaped) : escaped, length: 2 };
}

/** A hyphen needs no escape outside a class, and may not have one under `u`; as \x2d it is right in both places. */
function quote(character: string): string {
  return character === "-" ? "\\x2d" : `\\${character}`;
}

function isScript(name: string): boolean {
  try {
    new RegExp(`\\p{${name}}`, "u");
    return false;
  } catch {
    return true;
  }
}
