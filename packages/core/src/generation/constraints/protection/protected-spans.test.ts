// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of others are what is tested
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectError } from "../../../testing/expect-error.ts";
import { checkProtected } from "./check-protected.ts";
import { findProtectedSpans, type ProtectedKind } from "./protected-spans.ts";

const found = (text: string, kinds?: readonly ProtectedKind[]) =>
  findProtectedSpans(text, { kinds }).map((span) => `${span.kind} ${span.text}`);

describe("findProtectedSpans", () => {
  it.each<[string, string[]]>([
    ["Go <b>on</b>.", ["tag <b>", "tag </b>"]],
    ["<a title='x > y' href=\"<\">", ["tag <a title='x > y' href=\"<\">"]],
    [
      "a <!-- <b> > --> <![CDATA[ ]> ]]> <?php > ?> <!DOCTYPE html>",
      [...["tag <!-- <b> > -->", "tag <![CDATA[ ]> ]]>", "tag <?php > ?>", "tag <!DOCTYPE html>"]],
    ],
    ["a < b, 1 <3, <a <b>, <a 'x>", ["number 1", "number 3", "tag <b>"]],
    ['<x id="1"/><ph id="2" equiv-text="&lt;"/>', ['tag <x id="1"/>', 'tag <ph id="2" equiv-text="&lt;"/>']],
    ["AT&T &amp; &#8217; &#x1F600; &nbsp &;", ["entity &amp;", "entity &#8217;", "entity &#x1F600;"]],
    [
      "{name} {0} {} {x.y[z]} { a } {a b} {0:>10} {x",
      [
        ...["placeholder {name}", "placeholder {0}", "placeholder {}", "placeholder {x.y[z]}", "placeholder { a }"],
        "placeholder {0:>10}",
      ],
    ],
    ["{n, plural, one {# file} other {{x} files}}!", ["placeholder {n, plural, one {# file} other {{x} files}}"]],
    [
      "${a + {}} {{#if x}} {{{raw}}} $t(ns:key.x) $5 $t()",
      [
        ...["placeholder ${a + {}}", "placeholder {{#if x}}", "placeholder {{{raw}}}", "placeholder $t(ns:key.x)"],
        "number 5",
      ],
    ],
    [
      "%s %1$d %-5.2f %(name)s %% %@ %lu",
      ["%s", "%1$d", "%-5.2f", "%(name)s", "%%", "%@", "%lu"].map((text) => `printf ${text}`),
    ],
    ["50%of 20 % sure 5%% %", ["number 50", "number 20", "number 5", "printf %%"]],
    [
      "See https://x.org/a_(b)?c=1&d#e, (http://y.de/ü). www.z.net!",
      [...["url https://x.org/a_(b)?c=1&d#e", "url http://y.de/ü", "url www.z.net"]],
    ],
    ["请看https://x.org/1。谢谢", ["url https://x.org/1"]],
    ["[a](https://x.org) **ftp://y.org** https://... awww.x.org", ["url https://x.org", "url ftp://y.org"]],
    ["www.a@x.org üwww.a@x.org", ["url www.a@x.org"]],
    ["Mail a.b+c@x-y.org, or <me@x.de>. @me a@b x@y.z1", ["email a.b+c@x-y.org", "email me@x.de", "number 1"]],
    [
      "1,000.50 10:30 2024-01-02 1’000 3. 1/2 v1.2.3 x2 ٣٫١ 12 34",
      [
        ...["1,000.50", "10:30", "2024-01-02", "1’000", "3", "1/2", "1.2.3", "2", "٣", "١", "12", "34"].map(
          (text) => `number ${text}`,
        ),
      ],
    ],
    ["Run `a 1 {x}` and ``b ` c`` or `d", ["code `a 1 {x}`", "code ``b ` c``"]],
    ["```js\nlet a = 1;\n```", ["code ```js\nlet a = 1;\n```"]],
    ["", []],
  ])("%j", (text, spans) => {
    expect(found(text)).toEqual(spans);
  });

  it("finds only the kinds that are asked for", () => {
    expect(found("<b>1</b> %s", ["number"])).toEqual(["number 1"]);
    expect(found("<b>1</b> %s", [])).toEqual([]);
  });

  it("pairs tags as they nest", () => {
    const roles = (text: string) => findProtectedSpans(text).map(({ text, role, partner }) => [text, role, partner]);
    expect(roles("<p><b>x<br></B></p></i>")).toEqual([
      ["<p>", "opening", "</p>"],
      ["<b>", "opening", "</B>"],
      ["<br>", "whole", undefined],
      ["</B>", "closing", "<b>"],
      ["</p>", "closing", "<p>"],
      ["</i>", "whole", undefined],
    ]);
  });

  it("gives spans in order, apart, as the text has them, and the same when it reads them again", () => {
    const piece = fc.constantFrom(
      ..."<>{}`%&$@:/;wt.#?!*+-_()[]'\" =,a1é你s\n",
      "://",
      "<b",
      "{{",
      "www.",
      "<!--",
      "-->",
      "$t(",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join("");
        let end = 0;
        for (const span of findProtectedSpans(text)) {
          expect(span.start).toBeGreaterThanOrEqual(end);
          expect(text.slice(span.start, span.end)).toBe(span.text);
          expect(found(` ${span.text} `)).toEqual([`${span.kind} ${span.text}`]);
          end = span.end;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ...[
      "<",
      "<a ",
      "<a '",
      '<a "',
      "<!--",
      "<![CDATA[",
      "<?",
      "`",
      "` ``",
      "{",
      "{a",
      "{{",
      "}{",
      "$t(",
      "${",
      "%",
      "%0",
    ],
    ...[
      "&a",
      "&#1",
      "a@",
      "@a.b",
      "a.",
      "://",
      "a://",
      "www.",
      "https://(",
      "1,",
      "1",
      "aa",
      "-",
      "</a>",
      "<a>",
      "{a}",
      "<a '<a \"",
    ],
  ])("takes linear time on many %j", (piece) => {
    const text = piece.repeat(400_000 / piece.length);
    const started = performance.now();
    findProtectedSpans(text);
    // Quadratic time would be minutes.
    expect(performance.now() - started).toBeLessThan(8000);
  });

  it("names what is wrong", async () => {
    for (const text of [undefined, null, 3, {}])
      await expectError("argument-invalid", () => findProtectedSpans(text as never));
    for (const kinds of ["tag", ["tags"], 3]) {
      await expectError("argument-invalid", () => findProtectedSpans("", { kinds: kinds as never }));
    }
    await expectError("argument-invalid", () => findProtectedSpans("", null as never));
    await expectError("argument-invalid", () => checkProtected(null as never, ""));
  });
});

describe("checkProtected", () => {
  const problems = (source: string, text: string) =>
    checkProtected(source, text).map(({ problem, span }) => `${problem} ${span.text}`);

  it.each<[string, string, string[]]>([
    ["<b>1</b> {x}", "{x} <b>1</b>", []],
    ["<b>x</b>", "<b>x", ["missing </b>", "nesting <b>"]],
    ["<b>x</b>", "<B>x</b>", ["missing <b>", "extra <B>", "nesting </b>"]],
    ["<b><i>x</i></b>", "<b><i>x</b></i>", ["nesting <i>", "nesting </i>"]],
    ["<b>x</b>", "</b>x<b>", ["nesting <b>", "nesting </b>"]],
    ["<b>x</b> <br>", "<br> <b>x</b> <br>", ["extra <br>"]],
    ["12 and 3", "3 and 123", ["missing 12", "extra 123"]],
    ["%s %s", "%s", ["missing %s"]],
  ])("%j → %j", (source, text, expected) => {
    expect(problems(source, text)).toEqual(expected);
  });

  it("tells a person why", () => {
    const [first, second] = checkProtected("<b><i>x</i></b>", "<b><i>x</b></i>");
    expect(first?.reason).toBe("<i> is not closed by </i> within what encloses it");
    expect(second?.reason).toBe("</i> does not close <i>");
  });
});
