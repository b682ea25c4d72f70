import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkNumbers, findNumbers } from "./numbers.ts";

describe("findNumbers", () => {
  it.each([
    ["1,234.5", "en", ["1234.5"]],
    ["1.234,5", "de", ["1234.5"]],
    ["1234.5", "en", ["1234.5"]],
    ["1’234.5", "de-CH", ["1234.5"]],
    ["1\u202f234,50", "fr", ["1234.5"]],
    ["1,234", "en", ["1234"]],
    ["1,234", "de", ["1.234"]],
    ["1.234", "de", ["1234"]],
    ["0.234", "en", ["0.234"]],
    ["1,234,567", "en", ["1234567"]],
    ["12,34,567", "en-IN", ["1234567"]],
    ["１２３", "zh-Hans", ["123"]],
    ["٣٫٥", "ar", ["3.5"]],
    ["𝟛𝟜", "en", ["34"]],
    ["3.4.2024", "de", ["3", "4", "2024"]],
    ["v1.2.3", "en", ["1", "2", "3"]],
    ["50%", "en", ["50"]],
    ["2024-05-03", "en", ["2024", "5", "3"]],
    ["007", "en", ["7"]],
    ["no number.", "en", []],
  ])("%s in %s", (text, locale, values) => expect(findNumbers(text, locale).map(({ value }) => value)).toEqual(values));
});

describe("checkNumbers", () => {
  const toGerman = { from: "en", to: "de" };
  it.each([
    ["pass", "Es kostet 1.234,5 Euro.", "It costs 1,234.5 euros.", toGerman],
    ["pass", "Es kostet 1234,5 Euro.", "It costs 1,234.5 euros.", toGerman],
    ["fail", "Es kostet 1.234,6 Euro.", "It costs 1,234.5 euros.", toGerman],
    ["unknown", "Es kostet 1,234 Euro.", "It costs 1,234 euros.", toGerman],
    ["fail", "Es kostet viel.", "It costs 42 euros.", toGerman],
    ["fail", "Es kostet 43 Euro.", "It costs 42 euros.", toGerman],
    ["fail", "Es sind 5 und 5.", "There are 5 and 6.", toGerman],
    ["fail", "Es sind 5.", "There are 5 and 5.", toGerman],
    ["unknown", "Er hat zwei Hunde.", "He has 2 dogs.", toGerman],
    ["unknown", "Er hat 2 Hunde.", "He has some dogs.", toGerman],
    ["unknown", "Er hat 2 Hunde.", "He has two dogs.", toGerman],
    ["unknown", "Um 15 Uhr.", "At 3 pm.", toGerman],
    ["unknown", "Am 5. Mai 2024.", "On May 5th, 2024, in the fifth month 05.", toGerman],
    ["pass", "Am 3.4.2024.", "On 4/3/2024.", toGerman],
    ["unknown", "150万人", "1.5 million people", { from: "en", to: "zh-Hans" }],
    ["unknown", "三个人", "3 people", { from: "en", to: "zh-Hans" }],
    ["fail", "有27个人在那里", "there were 28 there", { from: "en", to: "zh-Hans" }],
    ["pass", "有２８个人在那里", "there were 28 there", { from: "en", to: "zh-Hans" }],
    ["fail", "Deshalb helfen 43 Leute mit, die Nacht über.", "So 42 people with tents tend to help.", toGerman],
    ["unknown", "Es sind zweiundvierzig.", "There are 42.", toGerman],
    ["unknown", "Es sind achtundzwanzig.", "There are 28.", toGerman],
    ["unknown", "There are forty-two.", "Es sind 42.", { from: "de", to: "en" }],
    ["unknown", "The eighth of them.", "Der 8. davon.", { from: "de", to: "en" }],
    ["unknown", "Um 7 Uhr.", "At 7:00.", toGerman],
    ["unknown", "Eine Meile.", "1 mile.", toGerman],
    ["unknown", "Ich bin zwanzig.", "I am 20.", toGerman],
    ["unknown", "Es sind 10 000 Zeilen.", "There are 10,000 lines.", toGerman],
  ] as const)("%s: %s for %s", (outcome, reply, source, locales) =>
    expect(checkNumbers(reply, source, locales)?.outcome).toBe(outcome),
  );

  it("says nothing where there are none", () => expect(checkNumbers("Hallo", "Hello", toGerman)).toBeUndefined());

  it("passes numbers that Intl writes for the other locale, and no other number", () => {
    const number = fc.double({ min: 0.01, max: 1e9, noNaN: true }).map((value) => Math.round(value * 100) / 100);
    fc.assert(
      fc.property(number, number, (value, other) => {
        const write = (given: number, locale: string) =>
          new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(given);
        expect(checkNumbers(write(value, "de"), write(value, "en"), toGerman)?.outcome).toBe("pass");
        if (other !== value)
          expect(checkNumbers(write(other, "de"), write(value, "en"), toGerman)?.outcome).not.toBe("pass");
      }),
    );
  });
});
