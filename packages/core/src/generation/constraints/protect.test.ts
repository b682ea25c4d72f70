// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of others are what is tested
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectError } from "../../testing/expect-error.ts";
import { accepts, randomWalk, seededRandom } from "../../testing/random-walk.ts";
import { sharedFixture } from "../../testing/shared-fixtures.ts";
import { isRequirement } from "./constraint.ts";
import { protectSpans } from "./protect.ts";
import { checkProtected } from "./protection/check-protected.ts";
import { protectedKinds } from "./protection/protected-spans.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What sources are made of: whole spans, and what could become one. */
const parts = [
  ...[
    "<b>",
    "</b>",
    "<b class='x>y'>",
    "<i>",
    "</i>",
    "<br>",
    "<br/>",
    '<x id="1"/>',
    "<!-- a > b -->",
    "<",
    "< ",
    ">",
  ],
  ...[
    "&amp;",
    "&#160;",
    "&",
    ";",
    "&lt",
    "#",
    "{name}",
    "{count, plural, one {# file} other {# files}}",
    "{",
    "}",
    "{}",
  ],
  ...["{{user}}", "${total}", "$", "$t(key)", "$t", "(", ")", "%s", "%1$d", "%(name)s", "%%", "%", "%.2f", ".", "*"],
  ...[
    "https://example.org/a?b=1",
    "www.example.org",
    "https://example.org/(x)",
    "http://x.org/(a",
    "://",
    "www",
    ":",
    "/",
  ],
  ...[
    "info@example.org",
    "@",
    "12",
    "3.14",
    "1,000",
    "2024-05-06",
    "10:30",
    "5",
    ",",
    "-",
    "٣",
    "`code`",
    "``a`b``",
    "`",
  ],
  ...[" ", " ", " ", "word", "über", "你好", "。", "a", "s", "t", "\n", "[", "]", "é", "x", "="],
];
const sources = fc.array(fc.constantFrom(...parts), { maxLength: 10 }).map((found) => found.join(""));

function stateAfter(constraint: ReturnType<typeof protectSpans>, bytes: Iterable<number>): number {
  let state = constraint.begin();
  for (const byte of bytes) state = constraint.step(state, byte)!;
  return state;
}

describe("protectSpans", () => {
  it("leads every walk to a text in which every span is intact, once, and nested", () => {
    fc.assert(
      fc.property(sources, fc.subarray([...protectedKinds], { minLength: 5 }), fc.integer(), (source, kinds, seed) => {
        const options = { random: seededRandom(seed), fragments: parts, length: 80, roughDistance: true };
        const walked = randomWalk(protectSpans(source, { kinds }), options);
        expect(checkProtected(source, walked, { kinds }), JSON.stringify({ source, walked })).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it.each<[string, string, boolean]>([
    ["<b>a</b> <i>b</i>", "<i>x</i> y <b>z</b>", true],
    ["<b>a</b> <i>b</i>", "<i>x <b>y</b></i>", true],
    ["<b>a</b> <i>b</i>", "<i>x <b>y</i></b>", false],
    ["<b>a</b>", "</b>a<b>", false],
    ["<b>a</b> <b>c</b>", "<b><b></b></b>", true],
    ["<b>a</b>", "<b>a</b></b>", false],
    ["<b>a</b>", "<b>a</b> <", false],
    ["a < b", "b < a", true],
    ["a < b", "b <a", false],
    ["<p>one<br><p>two</p>", "<p><br>zwei</p><p>", true],
    ["<p>one<p>two</p>", "<p>eins</p>zwei<p>", true],
    ["<p>one<p>two</p>", "eins</p><p>zwei<p>", false],
    ["{x}", "{x}{x}", false],
    ["{x}", "{{x}}", false],
    ["${x}", "{x}", false],
    ["{x}", "${x}", false],
    ["12 or 1", "1 oder 12", true],
    ["12 or 1", "112", false],
    ["12 or 1", "1.12", false],
    ["12 or 1", "1, 12", true],
    ["12", "13", false],
    ["nothing", "1", false],
    ["1 and 1,5", "1,5 und 1", true],
    ["1 and 1,5", "1, 1,5", true],
    ["50% of", "von 50 %", true],
    ["50% of", "von 50 %%", false],
    ["half", "50 %", false],
    ["%s %d", "%d: %s", true],
    ["%s", "%s %s", false],
    ["https://x.org/a", "(https://x.org/a).", true],
    ["https://x.org/a", "https://x.org/ab", false],
    ["https://x.org/a", "请看https://x.org/a。", true],
    ["x", "https://x.org", false],
    ["x", "www.x.org", false],
    ["a@b.org", "<a@b.org>", false],
    ["a@b.org", "(a@b.org).", true],
    ["a@b.org", "xa@b.org", false],
    ["x", "a@b.org", false],
    ["x", "@me", true],
    ["AT&T", "AT&T", true],
    ["R and D", "R&D", true],
    ["<b>R</b> and D", "<b>R</b>&D", false],
    ["<b>R</b> & D", "<b>R</b> & D", true],
    ["x", "&amp;", false],
    ["`a`", "`a`", true],
    ["`a` `b`", "`a``b`", false],
    ["x", "`", false],
  ])("of %j takes %j: %s", (source, text, taken) => {
    expect(accepts(protectSpans(source), text)).toBe(taken);
  });

  it("takes translations that keep what was asked, and nothing that an independent check refuses", () => {
    fc.assert(
      fc.property(sources, sources, (source, text) => {
        if (accepts(protectSpans(source), text)) expect(checkProtected(source, text)).toEqual([]);
      }),
    );
    const simple = fc.array(
      fc.constantFrom(
        "<b>{x}</b>",
        "<br/>",
        "%s",
        "{{user}}",
        "12",
        "https://x.org",
        "me@x.org",
        "`code`",
        "&amp;",
        "Wort",
      ),
    );
    fc.assert(
      fc.property(simple, fc.infiniteStream(fc.nat(1000)), (words, order) => {
        const shuffled = words.map((word) => [order.next().value as number, word] as const).sort((a, b) => a[0] - b[0]);
        const text = shuffled.map(([, word]) => word).join(" ");
        expect(accepts(protectSpans(words.join(" ")), text)).toBe(true);
      }),
    );
  });

  it("counts what is written and says what may come", () => {
    const constraint = protectSpans("<b>你</b> {你好} 5");
    expect(isRequirement(constraint)).toBe(true);
    expect(constraint.name).toBe("protect 4 spans");
    const all = ["<b>", "</b>", "{你好}", "5"].reduce((sum, text) => sum + encoder.encode(text).length, 0);
    expect(constraint.requiredBytes).toBe(all);
    const at = (text: string | Uint8Array) => {
      const state = stateAfter(constraint, typeof text === "string" ? encoder.encode(text) : text);
      return [
        constraint.writtenBytes(state),
        constraint
          .continuations(state)
          .map((bytes) => decoder.decode(bytes))
          .sort(),
      ];
    };
    expect(at("")).toEqual([0, ["5", "<b>", "{你好}"]]);
    expect(at("你 <")).toEqual([1, ["b>"]]);
    expect(at("<b>")).toEqual([3, ["5", "</b>", "{你好}"]]);
    expect(at("<b>5 {你")).toEqual([8, ["好}"]]);
    expect(at("<b></b>{你好}5 !")).toEqual([all, []]);
    const cut = stateAfter(constraint, encoder.encode("{你").subarray(0, 3));
    expect([constraint.writtenBytes(cut), ...constraint.continuations(cut)]).toEqual([
      3,
      encoder.encode("{你好}").subarray(3),
    ]);
    // The first byte of 你, but outside of a span.
    const outside = stateAfter(constraint, [0xe4]);
    expect([constraint.writtenBytes(outside), constraint.continuations(outside)]).toEqual([0, []]);
  });

  it("puts a space between what would run together", () => {
    const constraint = protectSpans("12 34");
    const state = stateAfter(constraint, encoder.encode("12"));
    expect(constraint.continuations(state)).toEqual([encoder.encode(" 34")]);
    expect(constraint.bytesToEnd(constraint.begin())).toBe(5);
  });

  it("follows continuations to the end", () => {
    fc.assert(
      fc.property(sources, fc.integer(), (source, seed) => {
        const constraint = protectSpans(source);
        const random = seededRandom(seed);
        const bytes: number[] = [];
        for (let state = constraint.begin(); !constraint.mayEnd(state); ) {
          const continuations = constraint.continuations(state);
          const written = constraint.writtenBytes(state);
          for (const byte of continuations[Math.floor(random() * continuations.length)]!) {
            bytes.push(byte);
            state = constraint.step(state, byte)!;
          }
          expect(constraint.writtenBytes(state)).toBeGreaterThan(written);
        }
        expect(checkProtected(source, decoder.decode(Uint8Array.from(bytes)))).toEqual([]);
      }),
      { examples: [["٣www.example.org@example.org", 0]] },
    );
  });

  it("names what is wrong", async () => {
    await expectError("argument-invalid", () => protectSpans(3 as never));
    await expectError("argument-invalid", () => protectSpans("<b>\ud800</b>"));
    await expectError("argument-invalid", () => protectSpans("", { kinds: ["x"] as never }));
  });
});

const corpus = sharedFixture("corpora/tatoeba.en-de.tsv");

describe("protectSpans on sentences with tags", () => {
  /** A sentence whose words are wrapped in tags, and stand among placeholders; and what was put in. */
  function tagged(
    sentence: string,
    random: () => number,
  ): { source: string; singles: string[]; pairs: [string, string][] } {
    const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]!;
    const singles: string[] = [];
    const pairs: [string, string][] = [];
    const words = sentence.replace(/[^\p{L}\p{M}\s.,!?]/gu, "").split(/\s+/);
    const written = words.map((word, index) => {
      const dice = random();
      if (dice < 0.2) {
        const pair = pick<[string, string]>([
          ...([
            ["<b>", "</b>"],
            ['<i class="a>b">', "</i>"],
            [`<g id="${index}">`, "</g>"],
          ] as [string, string][]),
        ]);
        pairs.push(pair);
        return pair[0] + word + pair[1];
      }
      if (dice > 0.3) return word;
      singles.push(
        pick([
          "<br/>",
          `<x id="${index}"/>`,
          "{name}",
          "{{user}}",
          "%1$s",
          "${x}",
          `${index}`,
          "https://x.org/a",
          "`x y`",
          "&nbsp;",
        ]),
      );
      return `${word} ${singles.at(-1)}`;
    });
    const source = written.join(" ");
    if (random() < 0.5) return { source, singles, pairs };
    pairs.push(["<p>", "</p>"]);
    return { source: `<p>${source}</p>`, singles, pairs };
  }

  it.skipIf(corpus === undefined)("keeps 1,000 of 1,000 intact, once, nested", () => {
    const random = seededRandom(7);
    const lines = readFileSync(corpus!, "utf8")
      .split("\n")
      .filter((line) => line.includes("\t"));
    let spans = 0;
    for (let sentence = 0; sentence < 1000; sentence++) {
      const [english = "", german = ""] = lines[Math.floor(random() * lines.length)]!.split("\t");
      const { source, singles, pairs } = tagged(english, random);
      const fragments = [...german.split(/(\s+)/), ...singles, ...pairs.flat(), " ", "<", "{", "7", "%"];
      const walked = randomWalk(protectSpans(source), { random, fragments, length: 80, roughDistance: true });
      expectIntact(walked, singles, pairs);
      spans += singles.length + 2 * pairs.length;
    }
    expect(spans).toBeGreaterThan(1000);
  });

  /** Takes the text apart by what was put into the source, and nothing else. */
  function expectIntact(text: string, singles: readonly string[], pairs: readonly [string, string][]): void {
    const known = [...new Set([...singles, ...pairs.flat()])].sort((a, b) => b.length - a.length);
    const pattern = new RegExp(
      known.map((span) => span.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|") || "(?!)",
      "g",
    );
    const counts = (list: readonly string[]) => [...list].sort();
    const there = [...text.matchAll(pattern)].map(([span]) => span);
    expect(counts(there), text).toEqual(counts([...singles, ...pairs.flat()]));
    const open: string[] = [];
    for (const span of there) {
      const closing = pairs.find(([opening]) => opening === span)?.[1];
      if (closing !== undefined) open.push(closing);
      else if (span.startsWith("</")) expect(open.pop(), text).toBe(span);
    }
    expect(text.replace(pattern, ""), text).not.toMatch(/[<{}`\d%]|&\w+;/);
  }
});
