import { describe, expect, it } from "vitest";
import { compileSplitPattern } from "./split-pattern.ts";

describe("compileSplitPattern", () => {
  it.each([
    ["(?i:'s|'ll)|\\p{L}+", "I'LL he's", ["I", "'LL", "he", "'s"]],
    ["\\s+", "a\u0085b\ufeffc d", ["\u0085", " "]],
    ["\\d{1,3}", "12345٣", ["123", "45٣"]],
    ["[\\p{P}\\$\\-]+", "a-$b", ["-$"]],
    ["(?i:[sdmt]|ll|ve|re)", "SDll", ["S", "D", "ll"]],
    ["\\p{Han}+|\\p{Hiragana}", "漢字か", ["漢字", "か"]],
    ["[^\\n]+|[\\n]+", "a\n\nb", ["a", "\n\n", "b"]],
    ["x(?=y)|z(?!y)", "xyzyz", ["x", "z"]],
    ["\\+?\\++?", "++", ["++"]],
    ["\\d{1,3}(?=(?:\\d{3})*(?!\\d))", "1234567", ["1", "234", "567"]],
  ])("%s means the same", (pattern, text, matches) => {
    expect(text.match(compileSplitPattern(pattern)!)).toEqual(matches);
  });

  it.each([
    ["possessive repetition", "\\p{L}++"],
    ["word characters", "\\w+"],
    ["word boundaries", "a\\b"],
    ["line ends", "^a$"],
    ["the dot", "a.b"],
    ["look-behind", "(?<=a)b"],
    ["named groups", "(?<n>a)"],
    ["class intersections", "[\\p{L}&&[a-z]]"],
    ["repetition of repetition", "(?:a+)+b"],
    ["repetition of repetition, deeper", "(?:x(?:a*y)?)*b"],
    ["repetition of alternatives", "(?:a|aa)+b"],
    ["repetition of alternatives in a look-ahead", "(?=(?:a|a)+b)"],
    ["repetition of something optional", "(?:a?){25}a{25}b"],
    ["counted repetition of counted repetition", "(?:a{0,30}){9}b"],
    ["many repetitions in a row", "a*a*a*a*b"],
    ["an unknown property", "\\p{Nonsense}"],
    ["an open group", "(?:a"],
    ["a group too many", "a)"],
    ["a range under (?i:…)", "(?i:[a-z])"],
    ["a very long pattern", "a".repeat(5000)],
  ])("refuses %s", (_what, pattern) => {
    expect(compileSplitPattern(pattern)).toBeUndefined();
  });
});
