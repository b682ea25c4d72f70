import fc from "fast-check";
import { expect, test } from "vitest";
import { readNumerals } from "./numerals.ts";

const valuesOf = (text: string) => readNumerals(text).map(({ readings }) => readings[0]);

test.each<[string, number[]]>([
  ["in 1998 and 2024", [1998, 2024]],
  ["１９９８年", [1998]],
  ["1,234,567.8 or 1.234.567,8 or 1’234", [1234567.8, 1234567.8, 1234]],
  ["3.14 and 3,5", [3.14, 3.5]],
  ["2.5 million, 3 Milliarden, 4k", [2.5e6, 3e9, 4e3]],
  ["3万人，2.5亿元", [3e4, 2.5e8]],
  ["一九九八年，二〇二四年", [1998, 2024]],
  ["三百六十五天", [365]],
  ["三亿五千万，三万五千亿，一万亿", [3.5e8, 3.5e12, 1e12]],
  ["两千零八，十五", [2008, 15]],
  ["一一说明", []],
  ["一个人", []],
])("%s", (text, expected) => {
  expect(valuesOf(text)).toEqual(expected);
});

/** Chinese numerals as one learns to write them, group of four by group of four. */
function writeChinese(value: number): string {
  const digits = "零一二三四五六七八九";
  const group = (number: number) => {
    let text = "";
    for (const [unit, name] of [
      [1000, "千"],
      [100, "百"],
      [10, "十"],
      [1, ""],
    ] as const) {
      const digit = Math.floor(number / unit) % 10;
      if (digit > 0) text += digits[digit] + name;
      else if (text !== "" && number % unit !== 0 && !text.endsWith("零")) text += "零";
    }
    return text;
  };
  const [high, middle, low] = [Math.floor(value / 1e8), Math.floor(value / 1e4) % 1e4, value % 1e4];
  const part = (number: number, name: string, before: string) =>
    number === 0 ? "" : `${before !== "" && number < 1000 ? "零" : ""}${group(number)}${name}`;
  const first = part(high, "亿", "");
  const second = part(middle, "万", first);
  return first + second + part(low, "", first + second);
}

test("Chinese numerals are read as they are written", () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: 11, max: 9999 }), fc.integer({ min: 10_000, max: 2 ** 39 })), (value) => {
      expect(valuesOf(`共${writeChinese(value)}元`)).toEqual([value]);
    }),
  );
});

test("numbers are read as locales write them", () => {
  const locales = ["en", "de", "de-CH", "fr", "zh"].map((locale) => new Intl.NumberFormat(locale));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.constantFrom(...locales), (value, format) => {
      expect(readNumerals(`x ${format.format(value)} y`)[0]!.readings).toContain(value);
    }),
  );
});
