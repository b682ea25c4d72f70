import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinSegments, segmentText } from "./text-segments.ts";

const sentences = (text: string, language: string) =>
  segmentText(text, language).segments.map((segment) => segment.text);

describe("segments of a text", () => {
  it.each([
    ["en", "Mr. Smith paid $3.50 to Dr. Who. He left!", ["Mr. Smith paid $3.50 to Dr. Who.", "He left!"]],
    ["en", '"Why?" she asked. "Go!" He went.', ['"Why?" she asked.', '"Go!"', "He went."]],
    ["en", "J. R. R. Tolkien wrote it. I read it.", ["J. R. R. Tolkien wrote it.", "I read it."]],
    ["en", "See fig. 3. It helps, e.g. here.", ["See fig. 3.", "It helps, e.g. here."]],
    ["de", "Am 3. Mai kam er z. B. mit Dr. Weiß. Er blieb.", ["Am 3. Mai kam er z. B. mit Dr. Weiß.", "Er blieb."]],
    ["zh", "他走了。我来了！“好吗？”她问。", ["他走了。", "我来了！", "“好吗？”", "她问。"]],
    ["zh", "第一句。\n\n第二句。", ["第一句。", "第二句。"]],
    ["en", "A title\nA line without a stop\n- an item", ["A title", "A line without a stop", "- an item"]],
    ["en", "", []],
  ])("in %s: %s", (language, text, expected) => {
    expect(sentences(text, language)).toEqual(expected);
  });

  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      " ",
      "\n",
      "\n\n",
      "\t",
      ". ",
      "。",
      "“",
      "”",
      '"',
      "Dr. ",
      "3. ",
      "? ",
      "a",
      "B",
      "\r\n",
      "\r",
      "\u0085",
      "\u2028",
      "\u2029",
      "\u00a0",
    ),
  );
  const anyText = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(""));

  it("lose nothing", () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom("en", "de", "zh"), (text, language) => {
        const { lead, segments } = segmentText(text, language);
        expect(lead + segments.map((segment) => segment.text + segment.separator).join("")).toBe(text);
        for (const segment of segments) {
          expect(segment.text).not.toBe("");
          expect(segment.text).not.toMatch(/^[\s\u0085]|[\s\u0085]$/);
          expect(segment.separator).toMatch(/^[\s\u0085]*$/);
        }
        expect(lead).toMatch(/^[\s\u0085]*$/);
      }),
    );
  });

  it("keep lines and paragraphs when translations take their places", () => {
    const text = "  One. Two.\n\nThree!\n* Four";
    const segmented = segmentText(text, "en");
    const translations = segmented.segments.map((segment) => segment.text.toUpperCase());
    expect(joinSegments(segmented, translations, "de")).toBe("  ONE. TWO.\n\nTHREE!\n* FOUR");
    expect(joinSegments(segmented, ["一。", "二。", "三！", "* 四"], "zh-Hans")).toBe("  一。二。\n\n三！\n* 四");
    expect(joinSegments(segmentText("一。二。", "zh"), ["One.", "Two."], "en")).toBe("One. Two.");
  });

  it.each(["\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029"])("end with a line that ends with %j", (end) => {
    const text = `a title${end}in lower case${end}${end}Dr.${end}the end${end}`;
    const segmented = segmentText(text, "en");
    expect(segmented.segments.map((segment) => segment.text)).toEqual(["a title", "in lower case", "Dr.", "the end"]);
    expect(joinSegments(segmented, ["一", "二", "三", "四"], "zh")).toBe(`一${end}二${end}${end}三${end}四${end}`);
  });

  it("are joined as each one's language has it, and as the source where it stands itself", () => {
    const segmented = segmentText("One. Two.\tThree. Four.", "en");
    const joined = joinSegments(segmented, ["一。", "Two.", "Drei.", "四。"], ["zh", undefined, "de", "zh"]);
    expect(joined).toBe("一。Two.\tDrei. 四。");
    const unspaced = segmentText("一。二。三。", "zh");
    expect(joinSegments(unspaced, ["One.", "二。", "三。"], ["en", undefined, undefined])).toBe("One. 二。三。");
  });

  it("take time in proportion to the text", () => {
    const text = `${"A sentence of words. ".repeat(5000)}${"“".repeat(5000)}${"\n".repeat(5000)}`;
    expect(segmentText(text, "en").segments.length).toBeGreaterThan(5000);
  });
});
