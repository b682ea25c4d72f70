/** A number as it stands in a text, with everything that it can mean. */
export interface Numeral {
  readonly text: string;
  /** The likeliest first. */
  readonly readings: readonly number[];
  /** Whether it is written in digits. */
  readonly isDigits: boolean;
}

const chineseDigits = new Map([..."〇一二三四五六七八九"].map((digit, value) => [digit, value]));
for (const [digit, value] of Object.entries({
  零: 0,
  两: 2,
  兩: 2,
  壹: 1,
  貳: 2,
  參: 3,
  叁: 3,
  肆: 4,
  伍: 5,
  陸: 6,
  柒: 7,
  捌: 8,
  玖: 9,
}))
  chineseDigits.set(digit, value);
const tens: Readonly<Record<string, number>> = { 十: 10, 拾: 10, 百: 100, 千: 1000 };
const myriads: Readonly<Record<string, number>> = { 万: 1e4, 萬: 1e4, 亿: 1e8, 億: 1e8 };

const inDigits = /\d+(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?/gu;
const inChinese = /[〇零一二三四五六七八九十百千万萬亿億两兩壹貳叁肆伍陸柒捌玖拾]{2,}/gu;
const scale =
  /^\s*(?:(thousand|tausend|k\b|[千])|(million|mio|mill\b)|(billion|milliarde|mrd)|([百])|([万萬])|([亿億]))/iu;
const scales = [1e3, 1e6, 1e9, 1e2, 1e4, 1e8];

/**
 * The numbers of a text in digits of any width, and in Chinese numerals of two characters and more. Units that follow
 * (million, 万) count. Separators may group or begin a fraction, so a number can have several readings.
 */
export function readNumerals(text: string): readonly Numeral[] {
  const plain = /[\uff10-\uff19\uff0c\uff0e]/.test(text) ? text.normalize("NFKC") : text;
  const found: Numeral[] = [];
  if (/\d/.test(plain)) {
    for (const match of plain.matchAll(inDigits)) {
      const readings = readDigits(match[0]);
      const unit = scale.exec(plain.slice(match.index + match[0].length, match.index + match[0].length + 12));
      const factor = unit === null ? 1 : scales[unit.slice(1).findIndex((group) => group !== undefined)]!;
      const scaled = readings.map((reading) => Math.round(reading * factor * 1e6) / 1e6);
      found.push({ text: match[0], readings: factor === 1 ? readings : [...scaled, ...readings], isDigits: true });
    }
  }
  for (const [numeral] of plain.matchAll(inChinese)) {
    const value = readChinese(numeral);
    if (value !== undefined) found.push({ text: numeral, readings: [value], isDigits: false });
  }
  return found;
}

function readDigits(text: string): readonly number[] {
  const grouped = Number(text.replace(/\D/g, ""));
  if (/^\d+$/.test(text)) return [grouped];
  const at = Math.max(text.lastIndexOf("."), text.lastIndexOf(","));
  if (at === -1) return [grouped, ...text.split(/\D/).map(Number)];
  const fraction = Number(`${text.slice(0, at).replace(/\D/g, "")}.${text.slice(at + 1)}`);
  return text.length - at === 4 ? [grouped, fraction] : [fraction, grouped];
}

/** 二〇二四 digit by digit, 二千零二十四 by its tens. Undefined for what is no number, as 万一, "in case". */
function readChinese(text: string): number | undefined {
  const characters = [...text];
  if (characters.every((character) => chineseDigits.has(character))) {
    return characters.length < 3 ? undefined : Number(characters.map((digit) => chineseDigits.get(digit)).join(""));
  }
  let total = 0;
  let section = 0;
  let digit: number | undefined;
  for (const character of characters) {
    const value = chineseDigits.get(character);
    if (value !== undefined) {
      if (digit !== undefined && digit !== 0) return undefined;
      digit = value;
    } else if (tens[character] !== undefined) {
      section += (digit ?? 1) * tens[character];
      digit = undefined;
    } else {
      const myriad = myriads[character]!;
      section += digit ?? 0;
      // 三万五千亿 takes all that comes before, 三亿五千万 only what comes since.
      if (total < myriad) total = (total + section) * myriad;
      else if (section > 0) total += section * myriad;
      if (total === 0) return undefined;
      section = 0;
      digit = undefined;
    }
  }
  return total + section + (digit ?? 0);
}
