import { BayLingError } from "../../errors.ts";

/** A piece of what stands behind a command. */
export interface CommandPart {
  readonly kind: "quoted" | "word" | "comma" | "bar" | "arrow" | "equals" | "semicolon";
  /** Of a quotation what is in it. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Closing marks by opening marks. */
const closingMarks: Readonly<Record<string, string>> = {
  ...{ '"': '"', "“": "”", "„": "“”", "«": "»", "»": "«", "「": "」", "『": "』" },
};

const signs: readonly (readonly [pattern: RegExp, kind: CommandPart["kind"]])[] = [
  [/[,，、]/uy, "comma"],
  [/[|｜]/uy, "bar"],
  [/(?:->|=>|→|⇒)/uy, "arrow"],
  [/[=＝]/uy, "equals"],
  [/[;；]/uy, "semicolon"],
];

/** Where a word ends: at white space, and at the signs in it. */
const word = /(?:(?!->|=>)[^\s,，、|｜→⇒=＝;；])+/uy;

/**
 * Takes apart what stands behind a command. Quotation marks begin a quotation at the beginning of a word only, so that
 * those of inches and seconds need no care.
 * @throws BayLingError `argument-invalid` for a quotation that does not end
 */
export function splitArguments(text: string): readonly CommandPart[] {
  const parts: CommandPart[] = [];
  let start = 0;
  while (start < text.length) {
    const part = /\s/u.test(text[start]!) ? undefined : (readQuoted(text, start) ?? readSign(text, start));
    if (part !== undefined) parts.push(part);
    start = part?.end ?? start + 1;
  }
  return parts;
}

function readQuoted(text: string, start: number): CommandPart | undefined {
  const closing = closingMarks[text[start]!];
  if (closing === undefined) return undefined;
  for (let end = start + 1; end < text.length; end++) {
    if (closing.includes(text[end]!)) return { kind: "quoted", text: text.slice(start + 1, end), start, end: end + 1 };
  }
  throw new BayLingError("argument-invalid", {
    field: "command",
    problem: "a quotation does not end",
    expected: `a closing ${[...closing].join(" or ")}`,
    received: text.slice(start),
  });
}

function readSign(text: string, start: number): CommandPart | undefined {
  for (const [pattern, kind] of signs) {
    pattern.lastIndex = start;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return { kind, text: found, start, end: start + found.length };
  }
  word.lastIndex = start;
  const found = word.exec(text)?.[0];
  return found === undefined ? undefined : { kind: "word", text: found, start, end: start + found.length };
}

/** Parts between separators of one kind; nothing between two is left out. */
export function groupParts(parts: readonly CommandPart[], separator: CommandPart["kind"]): readonly CommandPart[][] {
  const groups: CommandPart[][] = [[]];
  for (const part of parts) {
    if (part.kind === separator) groups.push([]);
    else groups.at(-1)!.push(part);
  }
  return groups.filter((group) => group.length > 0);
}

/** The text from the first part to the last; without its marks where it is one quotation. */
export function joinParts(text: string, parts: readonly CommandPart[]): string {
  return parts.length === 1 ? parts[0]!.text : text.slice(parts[0]?.start ?? 0, parts.at(-1)?.end ?? 0);
}

/** What stands between separators of one kind, each as the text that it is. */
export function splitAt(text: string, separator: CommandPart["kind"]): readonly string[] {
  return groupParts(splitArguments(text), separator).map((group) => joinParts(text, group));
}

/** All of it as one text; without its marks where it is one quotation. */
export function wholeText(text: string): string {
  const trimmed = text.trim();
  const closing = closingMarks[trimmed[0] ?? ""];
  const inner = trimmed.slice(1, -1);
  const isQuoted = closing?.includes(trimmed.at(-1)!) === true && trimmed.length > 2;
  return isQuoted && ![...closing!, trimmed[0]!].some((mark) => inner.includes(mark)) ? inner : trimmed;
}

/** Two texts: `"a" "b"`, `a -> b`, or two words; undefined for anything else. */
export function splitPair(text: string): readonly [string, string] | undefined {
  const arrows = splitAt(text, "arrow");
  if (arrows.length === 2) return [arrows[0]!, arrows[1]!];
  const parts = splitArguments(text);
  const [first, second] = parts;
  if (parts.length === 2 && first !== undefined && second !== undefined) {
    const isText = ({ kind }: CommandPart) => kind === "quoted" || kind === "word";
    if (isText(first) && isText(second)) return [first.text, second.text];
  }
  const quoted = parts.filter(({ kind }) => kind === "quoted");
  const joint = parts.filter(({ kind }) => kind !== "quoted");
  if (
    quoted.length === 2 &&
    joint.length === 1 &&
    /^(?:with|by|to|durch|mit|zu|换成|改成|为|成)$/iu.test(joint[0]!.text)
  ) {
    return [quoted[0]!.text, quoted[1]!.text];
  }
  return undefined;
}
