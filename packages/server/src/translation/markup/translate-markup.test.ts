import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { OutlineOptions } from "./markup-outline.ts";
import { isWellFormedXml, type MarkupLanguage, readMarkup } from "./markup-tokens.ts";
import { type SentenceTranslator, type TextFormat, translateMarkup } from "./translate-markup.ts";

const languages = { from: "en", to: "de" };
const html: TextFormat = { markup: { language: "html" }, splitting: "sentences" };
const xml: TextFormat = { markup: { language: "xml" }, splitting: "lines" };

const uncut = (text: string) => [{ text, separator: "" }];

const translatorOf = (translate: (sentence: string) => string): SentenceTranslator => ({
  translate: async (sentence) => translate(sentence),
  cut: uncut,
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Translates into capitals, tags apart, and notes what it was asked for. */
async function run(source: string, format: TextFormat, into = languages) {
  const asked: string[] = [];
  const text = await translateMarkup(source, format, into, {
    translate: async (sentence) => {
      asked.push(sentence);
      return upper(sentence);
    },
    cut: uncut,
  });
  return { text, asked };
}

function upper(sentence: string): string {
  return sentence.replace(/(<\/?t+\d+\/?>)|[^<]+|</g, (piece, tag?: string) => tag ?? piece.toUpperCase());
}

const tagsOf = (text: string, language: MarkupLanguage) =>
  readMarkup(text, language)
    .filter(({ kind }) => kind !== "text")
    .map(({ raw }) => raw);

describe("translateMarkup", () => {
  it.each<[string, string, string[]]>([
    ["<p>One cat. Two cats.</p>", "<p>ONE CAT. TWO CATS.</p>", ["One cat.", "Two cats."]],
    ['Press <b class="x">Go</b> now', 'PRESS <b class="x">GO</b> NOW', ["Press <t1>Go</t1> now"]],
    ["<b>All of it.</b>", "<b>ALL OF IT.</b>", ["All of it."]],
    ["<b>One. Two.</b> Three.", "<b>ONE. TWO.</b> THREE.", ["One.", "Two.", "Three."]],
    ["a <b>b. C d</b> e", "A <b>B. C D</b> E", ["a <t1>b. C d</t1> e"]],
    ["<ul>\n  <li>one\n  <li>two\n</ul>", "<ul>\n  <li>ONE\n  <li>TWO\n</ul>", ["one", "two"]],
    ["a<br>b <img src=x> c", "A<br>B <img src=x> C", ["a", "b <t1/> c"]],
    ["tea &amp; milk &lt;3&nbsp;x", "TEA &amp; MILK &lt;3&nbsp;X", ["tea & milk <3\u00a0x"]],
    ["so &zwnj; it is", "SO &zwnj; IT IS", ["so <t1/> it is"]],
    ["x <script>if (a<b) c</script> y", "X <script>if (a<b) c</script> Y", ["x <t1/> y"]],
    [
      'the <i translate="no">BayLing <b>x</b></i> is',
      'THE <i translate="no">BayLing <b>x</b></i> IS',
      ["the <t1/> is"],
    ],
    ['<p class="a notranslate">no</p> yes', '<p class="a notranslate">no</p> YES', ["yes"]],
    ["<b>a<i>b</b>c</i>", "<b>A<i>B</b>C</i>", ["a", "b", "c"]],
    ["a < b <t1> c", "A &lt; B <t1> C", ["a < b", "c"]],
    ["one\ntwo", "ONE TWO", ["one two"]],
    ["1 <b>2</b> 3", "1 <b>2</b> 3", []],
    ["", "", []],
  ])("HTML %j", async (source, text, asked) => {
    expect(await run(source, html)).toEqual({ text, asked });
  });

  it.each<[string, string, string[], Partial<OutlineOptions>?]>([
    ["<d><t>One</t><p>Two <b>x</b></p></d>", "<d><t>ONE</t><p>TWO <b>X</b></p></d>", ["One", "Two <t1>x</t1>"]],
    ["<a>x</a><b>y</b>", "<a>X</a><b>Y</b>", ["x", "y"]],
    ["z <a>x</a><b>y</b>", "Z <a>X</a><b>Y</b>", ["z <t1>x</t1><t2>y</t2>"]],
    ["<a>x</a><b>y</b>", "<a>X</a><b>Y</b>", ["<t1>x</t1><t2>y</t2>"], { outlineDetection: false }],
    ["<a>x</a><b>y</b>", "<a>X</a><b>Y</b>", ["x", "y"], { outlineDetection: false, splittingTags: ["a"] }],
    ["<d>k <i>x</i></d><d><i>y</i></d>", "<d>K <i>X</i></d><d><i>Y</i></d>", ["k <t1>x</t1>", "y"]],
    ["a <par>b</par> c", "A <par>B</par> C", ["a", "b", "c"], { splittingTags: ["par"] }],
    ["<n>b</n><n>c</n>", "<n>B</n><n>C</n>", ["<t1>b</t1><t2>c</t2>"], { nonSplittingTags: ["n"] }],
    ["open <x>The <y>File</y></x> now", "OPEN <x>The <y>File</y></x> NOW", ["open <t1/> now"], { ignoreTags: ["x"] }],
    ["a <![CDATA[ <b> ]]> c <!-- d --> e", "A <![CDATA[ <b> ]]> C <!-- d --> E", ["a <t1/> c <t2/> e"]],
    ["one\ntwo", "ONE\nTWO", ["one", "two"]],
  ])("XML %j", async (source, text, asked, options) => {
    expect(await run(source, { ...xml, markup: { language: "xml", ...options } })).toEqual({ text, asked });
  });

  it("leaves plain text plain, and its layout as it is", async () => {
    const plain: TextFormat = { splitting: "lines" };
    expect((await run("  A & b.  C\n\n1 < 2\n d ", plain)).text).toBe("  A & B.  C\n\n1 < 2\n D ");
    expect((await run("One. Two.\nThree.", { splitting: "nothing" })).asked).toEqual(["One. Two.\nThree."]);
  });

  it("writes no spaces between sentences where a language has none, and some where it has", async () => {
    expect((await run("A cat. <b>Two dogs.</b> End", html, { from: "en", to: "zh-Hans" })).text).toBe(
      "A CAT.<b>TWO DOGS.</b>END",
    );
    expect((await run("<b>甲乙。</b>丙丁。", html, { from: "zh-Hans", to: "en" })).text).toBe("<b>甲乙。 </b>丙丁。");
  });

  it("puts tags where they stood, as far as can be told, when the translator loses them", async () => {
    const asked: string[] = [];
    const text = await translateMarkup("one <b>two</b> three", html, languages, {
      translate: async (sentence) => {
        asked.push(sentence);
        return "eins zwei drei";
      },
      cut: uncut,
    });
    expect(text).toBe("eins <b>zwei</b> drei");
    expect(asked).toEqual(["one <t1>two</t1> three", "one two three"]);
  });

  it("translates a sentence of very many tags without them, and puts them back", async () => {
    const segment = vi.spyOn(Intl.Segmenter.prototype, "segment");
    const source = `Hi ${"<b>x</b> ".repeat(10_000)}you.`;
    const { text, asked } = await run(source, xml);
    expect(asked).toEqual([`Hi ${"x ".repeat(10_000)}you.`]);
    expect(tagsOf(text, "xml")).toEqual(tagsOf(source, "xml"));
    expect(text.replace(/<[^>]*>/g, "")).toBe(asked[0]!.toUpperCase());
    // The time that it takes grows faster than its text.
    expect(Math.max(...segment.mock.calls.map(([each]) => each.length))).toBeLessThan(5000);
  });

  it("asks once for a word in ten thousand elements", async () => {
    const source = `${"<a>".repeat(10_000)}x${"</a>".repeat(10_000)}`;
    expect(await run(source, xml)).toEqual({ text: source.replace("x", "X"), asked: ["x"] });
  });

  it("cuts a sentence that is too long, without its tags, and joins the pieces", async () => {
    const asked: string[] = [];
    const text = await translateMarkup("one <b>two</b> three, four", html, languages, {
      translate: async (sentence) => {
        asked.push(sentence);
        return upper(sentence);
      },
      cut: (sentence) => sentence.split(" ").map((word) => ({ text: word, separator: " " })),
    });
    expect(asked).toEqual(["one", "two", "three,", "four"]);
    expect(text).toBe("ONE <b>TWO</b> THREE, FOUR ");
  });

  it("lets others have their turn in a long text", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++);
    await run("<p>x</p>".repeat(50_000), html);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });

  const piece = fc.oneof(
    fc.constantFrom(
      ...[
        "<b>",
        "</b>",
        "<i x='>'>",
        "</i>",
        "<p>",
        "</p>",
        "<br>",
        "<x/>",
        "<keep>",
        "</keep>",
        "<!-- <b> -->",
        "<![CDATA[",
      ],
      ...[
        "]]>",
        "<script>",
        "</script>",
        "<t1>",
        "<t2/>",
        "&amp;",
        "&nbsp;",
        "&hellip;",
        "&bogus;",
        "<",
        ">",
        "&",
        '"',
        "'",
      ],
      ...["One. ", "Two! ", "wörter ", "你好。", "\n", " ", "1 ", "<b translate=no>", "<?pi ?>", "<!DOCTYPE x>", "</"],
    ),
    fc.string({ maxLength: 4 }),
  );
  const source = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
  const format = fc.record({
    markup: fc.record({
      language: fc.constantFrom<MarkupLanguage>("html", "xml"),
      ignoreTags: fc.constantFrom([], ["keep"]),
      splittingTags: fc.constantFrom([], ["i"]),
      nonSplittingTags: fc.constantFrom([], ["p"]),
      outlineDetection: fc.boolean(),
    }),
    splitting: fc.constantFrom<TextFormat["splitting"]>("lines", "sentences", "nothing"),
  });
  /** What translators may do to placeholders: keep, lose, double, turn around, make up. */
  const mangle = fc.constantFrom<(sentence: string) => string>(
    upper,
    () => "ganz anders gesagt",
    () => "",
    (sentence) => sentence + sentence,
    (sentence) =>
      sentence
        .split(/(<[^>]*>)/)
        .reverse()
        .join(""),
    (sentence) => `<t9>${sentence}</t9> <b>&amp;`,
  );

  it("gives each tag of the source once, and nests where the source nests, whatever the translator does", async () => {
    await fc.assert(
      fc.asyncProperty(source, format, mangle, async (text, options, translate) => {
        const { language } = options.markup;
        const translated = await translateMarkup(text, options, languages, translatorOf(translate));
        expect(tagsOf(translated, language).sort()).toEqual(tagsOf(text, language).sort());
        if (language === "xml" && isWellFormedXml(text)) expect(isWellFormedXml(translated)).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  it("changes nothing when the translator changes nothing but letter cases", async () => {
    await fc.assert(
      fc.asyncProperty(source, format, async (text, options) => {
        const same = translatorOf((sentence) => sentence);
        const once = await translateMarkup(text, options, languages, same);
        expect(await translateMarkup(once, options, languages, same)).toBe(once);
        expect(tagsOf(once, options.markup.language)).toEqual(tagsOf(text, options.markup.language));
      }),
      { numRuns: 1000 },
    );
  });

  it("leaves what ignored elements hold as it is", async () => {
    const content = fc.array(fc.constantFrom("One. ", "<b>", "</b>", "&amp;", "<br>", "x\n"), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        content,
        source,
        fc.constantFrom<MarkupLanguage>("html", "xml"),
        async (held, rest, language) => {
          const element = `<keep>${held.join("")}</keep>`;
          const options = { markup: { language, ignoreTags: ["keep"] }, splitting: "sentences" } as const;
          const { text } = await run(`a ${element} b ${rest.replaceAll("keep", "")}`, options);
          expect(text).toContain(element);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ...[
      "<",
      "<a ",
      "<a '",
      '<a "',
      "<a '\"",
      "<!--",
      "<![CDATA[",
      "<?",
      "<script>",
      "<b>",
      "</b>",
      "<b>A. ",
      "&",
      "&a",
      "<br>",
    ],
    ...["A. ", " ", '<b class="', "<b translate ", "<b class='notranslate ", "<keep>", "<b>a</b>. "],
  ])("takes %j thirty thousand times", async (unit) => {
    const options: TextFormat = { markup: { language: "html", ignoreTags: ["keep"] }, splitting: "sentences" };
    const text = unit.repeat(30_000);
    const translated = await translateMarkup(
      text,
      options,
      languages,
      translatorOf((sentence) => sentence),
    );
    expect(translated.length).toBeGreaterThanOrEqual(text.trim().length / 2);
  });
});
