/** A token that is found in the text as it is spelled, before the rest is segmented. */
export interface SpecialToken {
  readonly id: number;
  readonly text: string;
  /** Only text that may hold special tokens is searched for it; other tokens are found everywhere. */
  readonly trustedOnly: boolean;
  /** White space before or after it goes with it. */
  readonly stripsBefore: boolean;
  readonly stripsAfter: boolean;
}

/** Which of overlapping matches counts: the longest anywhere (llama.cpp), or the longest of the first (Hugging Face). */
export type OverlapRule = "longest" | "leftmost";

/** Part of a text: a special token, or plain text from `start` to `end`. */
export interface TextFragment {
  readonly token: SpecialToken | undefined;
  readonly start: number;
  readonly end: number;
}

/** Offsets between which text may hold special tokens, in order, not touching. */
export type TrustedRanges = readonly (readonly [start: number, end: number])[];

interface Match {
  readonly token: SpecialToken;
  readonly position: number;
}

/** Finds special tokens in text. */
export class SpecialTokenSplitter {
  readonly #rule: OverlapRule;
  readonly #untrusted: TokenIndex;
  readonly #all: TokenIndex;
  /** In UTF-8, as llama.cpp measures which token is longer. */
  readonly #byteLengths: ReadonlyMap<SpecialToken, number>;

  constructor(tokens: readonly SpecialToken[], rule: OverlapRule) {
    this.#rule = rule;
    const encoder = new TextEncoder();
    this.#byteLengths = new Map(tokens.map((token) => [token, encoder.encode(token.text).length]));
    this.#untrusted = new TokenIndex(tokens.filter(({ trustedOnly }) => !trustedOnly));
    this.#all = new TokenIndex(tokens);
  }

  /** Cuts a text at its special tokens. Empty stretches are left out. */
  split(text: string, trusted: TrustedRanges): TextFragment[] {
    // What straddles a border could swallow the beginning of a control token behind it.
    const borders = trusted.flat();
    const straddles = ({ token, position }: Match): boolean =>
      firstAbove(borders, position) < position + token.text.length;
    const matches = this.#untrusted.find(text, 0, text.length).filter((match) => !straddles(match));
    for (const [start, end] of trusted) {
      for (const match of this.#all.find(text, start, end)) if (match.token.trustedOnly) matches.push(match);
    }
    const fragments: TextFragment[] = [];
    let from = 0;
    for (const { token, position } of this.#resolve(matches, text.length)) {
      const start = token.stripsBefore ? trimEnd(text, from, position) : position;
      if (start > from) fragments.push({ token: undefined, start: from, end: start });
      fragments.push({ token, start: position, end: position + token.text.length });
      from = position + token.text.length;
      if (token.stripsAfter) from = trimStart(text, from);
    }
    if (from < text.length) fragments.push({ token: undefined, start: from, end: text.length });
    return fragments;
  }

  /** The matches that count, by position. */
  #resolve(matches: Match[], textLength: number): Match[] {
    if (matches.length < 2) return matches;
    const length = ({ token }: Match): number => token.text.length;
    if (this.#rule === "leftmost") {
      matches.sort((a, b) => a.position - b.position || length(b) - length(a));
      let end = 0;
      return matches.filter((match) => {
        if (match.position < end) return false;
        end = match.position + length(match);
        return true;
      });
    }
    const bytes = ({ token }: Match): number => this.#byteLengths.get(token)!;
    matches.sort((a, b) => bytes(b) - bytes(a) || a.token.id - b.token.id || a.position - b.position);
    const taken = new Uint8Array(textLength);
    const chosen = matches.filter((match) => {
      const end = match.position + length(match);
      for (let unit = match.position; unit < end; unit++) if (taken[unit] === 1) return false;
      taken.fill(1, match.position, end);
      return true;
    });
    return chosen.sort((a, b) => a.position - b.position);
  }
}

/**
 * Special tokens by first code unit, which is looked for at native speed; from there on a range of sorted spellings is
 * narrowed unit by unit, so that tokens which the text does not hold cost nothing, however many and long they are.
 */
class TokenIndex {
  readonly #groups: { readonly first: string; readonly tokens: readonly SpecialToken[] }[] = [];

  constructor(tokens: readonly SpecialToken[]) {
    const bySpelling = new Map<string, SpecialToken>();
    for (const token of tokens) {
      if (token.text !== "" && !bySpelling.has(token.text)) bySpelling.set(token.text, token);
    }
    const groups = new Map<string, SpecialToken[]>();
    for (const text of [...bySpelling.keys()].sort()) {
      const group = groups.get(text[0]!);
      if (group === undefined) groups.set(text[0]!, [bySpelling.get(text)!]);
      else group.push(bySpelling.get(text)!);
    }
    for (const [first, group] of groups) this.#groups.push({ first, tokens: group });
  }

  /** Every occurrence that lies between `start` and `end`, overlapping ones too. */
  find(text: string, start: number, end: number): Match[] {
    const matches: Match[] = [];
    const part = text.slice(start, end);
    for (const { first, tokens } of this.#groups) {
      for (let at = part.indexOf(first); at >= 0; at = part.indexOf(first, at + 1)) {
        let low = 0;
        let high = tokens.length;
        // The first `length` units of all tokens in the range are those of the text; the shortest comes first.
        for (let length = 1; low < high; length++) {
          if (tokens[low]!.text.length === length) matches.push({ token: tokens[low++]!, position: start + at });
          if (at + length >= part.length) break;
          const unit = part.charCodeAt(at + length);
          low = firstFrom(tokens, low, high, length, unit);
          high = firstFrom(tokens, low, high, length, unit + 1);
        }
      }
    }
    return matches;
  }
}

/** The first of some sorted tokens, alike up to `index`, whose unit there is `unit` or above. */
function firstFrom(tokens: readonly SpecialToken[], from: number, to: number, index: number, unit: number): number {
  let low = from;
  for (let high = to; low < high; ) {
    const middle = (low + high) >> 1;
    if (tokens[middle]!.text.charCodeAt(index) >= unit) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first of some ascending numbers above a limit, or infinity. */
function firstAbove(numbers: readonly number[], limit: number): number {
  let low = 0;
  for (let high = numbers.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! > limit) high = middle;
    else low = middle + 1;
  }
  return numbers[low] ?? Number.POSITIVE_INFINITY;
}

function trimEnd(text: string, start: number, end: number): number {
  return start + text.slice(start, end).trimEnd().length;
}

function trimStart(text: string, start: number): number {
  return text.length - text.slice(start).trimStart().length;
}
