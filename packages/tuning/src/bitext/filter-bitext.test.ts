import { checkFaithful, createState } from "@bayling/core/interaction";
import { describe, expect, test } from "vitest";
import { Random } from "../random.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { createBitextReport } from "./bitext-report.ts";
import { type FilterBitextOptions, filterBitext } from "./filter-bitext.ts";
import { readBitext } from "./read-bitext.ts";
import type { SentencePair } from "./sentence-pair.ts";
import { makePair, ownPairs, stream } from "./testing/sentence-pairs.ts";
import { collect, temporaryFiles } from "./testing/temporary-files.ts";

const write = temporaryFiles();

async function filter(pairs: readonly SentencePair[], options: FilterBitextOptions = {}) {
  const report = createBitextReport();
  const { items, error } = await collect(filterBitext(stream(pairs), { ...options, report }));
  expect(error).toBeUndefined();
  const rejected = Object.values(report.rejected).reduce((sum, { count }) => sum + count, 0);
  expect([report.read, report.kept]).toEqual([pairs.length, items.length]);
  expect(rejected).toBe(pairs.length - items.length);
  return { kept: items, report };
}

/** The reason for which a pair is left out, behind pairs that are all kept. */
async function reasonFor(pair: SentencePair, options?: FilterBitextOptions) {
  const { report } = await filter([...ownPairs, pair], options);
  return Object.keys(report.rejected).find((reason) => report.rejected[reason]!.count > 0);
}

test("good pairs pass, in their order, and the report says what was asked", async () => {
  const { kept, report } = await filter(ownPairs, { filters: { lengthRatio: { maximum: 3 } }, profanity: ["mist"] });
  expect(kept).toEqual(ownPairs);
  expect(Object.keys(report.rejected)).toEqual([
    ...["length", "length-ratio", "script", "copied-source", "repetition", "numbers", "protected-spans"],
    ...["punctuation", "profanity", "language", "duplicate", "near-duplicate"],
  ]);
  expect(report.settings.filters).toEqual({ lengthRatio: { maximum: 3 }, chinese: "as-tagged", profanity: 1 });
});

describe("one pair for each reason, and one that is only close to it", () => {
  test.each<[string | undefined, string, string, string?]>([
    ["length", "…!", "Nein, auf keinen Fall."],
    ["length", "word ".repeat(300), "Wort ".repeat(300)],
    ["length-ratio", "He agreed.", "Er war damit einverstanden, nachdem er lange darüber nachgedacht hatte."],
    [undefined, "Cheers!", "Zum Wohl allerseits!"],
    ["script", "Good evening, everybody.", "Добрый вечер всем вам."],
    ["script", "I live in a small village.", "私は小さな村に住んでいます。", "en-zh"],
    [undefined, "We use TypeScript and WebGPU.", "我们用 TypeScript 和 WebGPU。", "en-zh"],
    ["copied-source", "Guten Morgen, Frau Meier.", "guten morgen Frau Meier"],
    ["copied-source", "The cat sat on the old mat.", "The cat sat on the old mat. Die Katze saß da."],
    ["repetition", "I do not know what to say.", "Ich weiß nicht weiß nicht weiß nicht weiß nicht."],
    [undefined, "No, no, no, no, no, no!", "Nein, nein, nein, nein, nein, nein!"],
    ["numbers", "She was born in 1973.", "Sie wurde 1937 geboren."],
    ["numbers", "The city has 250,000 inhabitants.", "这座城市有三十五万居民。", "en-zh"],
    [undefined, "The city has 250,000 inhabitants.", "这座城市有二十五万居民。", "en-zh"],
    [undefined, "The city has 2.5 million inhabitants.", "Die Stadt hat 2.500.000 Einwohner."],
    ["protected-spans", "See https://example.org/a for details.", "Siehe https://example.org/b für Einzelheiten."],
    ["protected-spans", "Press <b>Enter</b> to go on.", "Drücken Sie die Eingabetaste, um fortzufahren."],
    ["punctuation", "Do you like the new teacher?", "Du magst den neuen Lehrer."],
    ["punctuation", "He came late (as always).", "Er kam wie immer zu spät."],
    ["language", "The weather is lovely today.", "Le temps est magnifique aujourd'hui."],
    ["duplicate", ownPairs[0]!.source, ownPairs[0]!.target],
    ["near-duplicate", ownPairs[0]!.source.toUpperCase(), `${ownPairs[0]!.target}!`],
    // Another reference of the same source is what revisions are made of.
    [undefined, ownPairs[0]!.source, "Auf Gleis sieben fährt der Zug nach Hamburg ab."],
  ])("%s: %s | %s", async (reason, source, target, languages) => {
    expect(await reasonFor(makePair(source, target, languages))).toBe(reason);
  });
});

test("profanity is a list of words or a function; further filters have reasons of their own", async () => {
  const pair = makePair("What an IDIOT he is, really.", "Was ist er doch für ein Trottel.");
  expect(await reasonFor(pair, { profanity: ["idiot"] })).toBe("profanity");
  expect(await reasonFor(pair, { profanity: ["idio", "rot"] })).toBeUndefined();
  expect(await reasonFor(makePair("He is a fool.", "他是个大笨蛋。", "en-zh"), { profanity: ["笨蛋"] })).toBe(
    "profanity",
  );
  expect(await reasonFor(pair, { profanity: ({ source }) => source.includes("IDIOT") })).toBe("profanity");
  const furtherFilters = [{ reason: "shouting", reject: ({ source }: SentencePair) => /[A-Z]{4}/.exec(source)?.[0] }];
  expect(await reasonFor(pair, { furtherFilters })).toBe("shouting");
});

describe("contamination", () => {
  const text = "nobody knows why the old lighthouse keeper left the island that very night";
  const files = [
    write("test.txt", `Short one here.\n${text}\n`),
    write("test.jsonl", `${JSON.stringify({ turns: [{ text: "在那個遙遠的小島上住著一位年老的燈塔看守人" }] })}\n`),
    write("test.tsv", "1\tEin ganz eigener Satz\n"),
  ];
  test.each<[boolean, string, string, string?]>([
    [true, "SHORT one, here!", "Hier ist ein kurzer Satz."],
    [
      true,
      "I read that nobody knows why the old lighthouse keeper left.",
      "Ich las, dass niemand weiß, warum er ging.",
    ],
    [
      false,
      "I wonder why the old lighthouse keeper left the city.",
      "Ich frage mich, warum er die Stadt verlassen hat.",
    ],
    [true, "An old keeper lived there, they say.", "他们说在那个遥远的小岛上住着一位年老的人。", "en-zh"],
    [false, "An old keeper lived there on an island.", "一位年老的灯塔看守人住在小岛上。", "en-zh"],
    [true, "A sentence of its own.", "ein ganz eigener Satz."],
  ])("%s: %s | %s", async (isFound, source, target, languages) => {
    const reason = await reasonFor(makePair(source, target, languages), { contamination: { files } });
    expect(reason).toBe(isFound ? "contamination" : undefined);
  });

  test("a test file that cannot be read whole stops everything", async () => {
    const broken = [write("broken.jsonl", '{"a":1}\n{"a"\n'), write("broken.txt", Uint8Array.of(0xff, 10))];
    for (const [index, file] of broken.entries()) {
      const options = { contamination: { files: [file] } };
      const { items, error } = await collect(filterBitext(stream(ownPairs), options));
      expect(items).toEqual([]);
      expect(error).toMatchObject({ code: "bitext-invalid" });
      expect(String(error)).toContain(`${file}:${index === 0 ? 2 : 1}`);
    }
  });
});

test("Chinese goes into the script that was asked for, or gets the tag of the one that it is in", async () => {
  const pairs = [
    makePair("They are students.", "他們是學生。", "en-zh"),
    makePair("They are doctors.", "他们是医生。", "en-zh"),
    makePair("Cheers.", "干杯。", "en-zh"),
  ];
  const texts = async (chinese: FilterBitextOptions["chinese"]) => {
    const { kept, report } = await filter(pairs, { chinese });
    return [...kept.map(({ target, targetLanguage }) => [target, targetLanguage]), report.converted];
  };
  const [hans, hant] = ["zh-Hans", "zh-Hant"] as const;
  const simplified = [["他们是学生。", hans], ["他们是医生。", hans], ["干杯。", hans], { [hans]: 1 }];
  expect(await texts(undefined)).toEqual(simplified);
  expect(await texts(hans)).toEqual(simplified);
  expect(await texts(hant)).toEqual([["他們是學生。", hant], ["他們是醫生。", hant], ["乾杯。", hant], { [hant]: 2 }]);
  expect(await texts("detect")).toEqual([["他們是學生。", hant], ["他们是医生。", hans], ["干杯。", hans], {}]);
});

test("a signal stops with its reason", async () => {
  const controller = new AbortController();
  const kept: SentencePair[] = [];
  const run = async () => {
    for await (const pair of filterBitext(stream(ownPairs), { signal: controller.signal })) {
      kept.push(pair);
      controller.abort("enough");
    }
  };
  await expect(run()).rejects.toBe("enough");
  expect(kept.length).toBe(1);
});

/** Breaks a pair in a way that one of the reasons, or several, are for; undefined where it has nothing to break. */
const corruptions: Readonly<
  Record<
    string,
    { reasons: string[]; least: number; corrupt: (pair: SentencePair, other: SentencePair) => string | undefined }
  >
> = {
  copied: { reasons: ["copied-source", "script"], least: 0.99, corrupt: ({ source }) => source },
  "other language": {
    reasons: ["language", "script", "length-ratio", "punctuation", "numbers"],
    least: 0.95,
    corrupt: (_, other) => other.source,
  },
  looped: {
    ...{ reasons: ["repetition", "length-ratio"], least: 0.99 },
    corrupt: ({ target }) => `${target} ${target.slice(0, 6)} ${target.slice(0, 6).concat(" ").repeat(7)}`,
  },
  "three targets": {
    ...{ reasons: ["length-ratio", "repetition"], least: 0.9 },
    corrupt: ({ target }, other) => `${target} ${other.target} ${other.target} ${other.target} ${other.target}`,
  },
  "other number": {
    ...{ reasons: ["numbers"], least: 0.8 },
    corrupt: ({ source, target }) =>
      /\d\d/.test(source) && /[2-8]\d/.test(target)
        ? target.replace(/[2-8](?=\d)/, (digit) => String(Number(digit) + 1))
        : undefined,
  },
  "question lost": {
    ...{ reasons: ["punctuation"], least: 0.99 },
    corrupt: ({ source, target }) =>
      /\?$/.test(source) && /[?？]$/.test(target) ? target.replace(/[?？]$/, ".") : undefined,
  },
  "marks only": { reasons: ["length"], least: 1, corrupt: () => "…" },
  "link added": {
    ...{ reasons: ["protected-spans", "length-ratio"], least: 0.99 },
    corrupt: ({ target }) => `${target} https://example.org/x`,
  },
};

describe.each([
  ["own", "en-de", ownPairs.filter(({ targetLanguage }) => targetLanguage === "de")],
  ["own", "en-zh", ownPairs.filter(({ targetLanguage }) => targetLanguage !== "de")],
  ["Tatoeba", "en-de", undefined],
  ["Tatoeba", "en-zh", undefined],
] as const)("precision and recall: %s, %s", (corpus, languages, own) => {
  const file = own === undefined ? sharedFixture(`corpora/tatoeba.${languages}.tsv`) : "";

  test.skipIf(file === undefined)("each corruption is found, and hardly a good pair is left out", async () => {
    const pairs = own ?? (await sample(file!, languages));
    const random = new Random(11);
    const filters = { exactDuplicates: false, nearDuplicates: false } as const;
    const clean = await filter(pairs, { filters });
    const falseRejects = 1 - clean.kept.length / pairs.length;
    const lines = [`${corpus} ${languages}: ${(100 * falseRejects).toFixed(2)} % of good pairs left out`];
    for (const [name, { reasons, least, corrupt }] of Object.entries(corruptions)) {
      const broken = pairs.flatMap((pair) => {
        const target = corrupt(pair, random.pick(pairs.filter((other) => other !== pair).slice(0, 50)));
        return target === undefined ? [] : [{ ...pair, target }];
      });
      const { kept, report } = await filter(broken, { filters });
      const found = broken.length - kept.length;
      const named = reasons.reduce((sum, reason) => sum + report.rejected[reason]!.count, 0);
      const precision = found / (found + falseRejects * broken.length);
      lines.push(
        `${name}: ${broken.length} pairs, recall ${(found / broken.length).toFixed(3)}, ` +
          `precision ${precision.toFixed(3)}, ${(named / found).toFixed(3)} of them for its reason`,
      );
      if (broken.length < 20 && corpus === "Tatoeba") continue;
      expect.soft(found / Math.max(1, broken.length), name).toBeGreaterThanOrEqual(broken.length === 0 ? 0 : least);
      expect.soft(named, name).toBeGreaterThanOrEqual(0.95 * found);
    }
    console.info(lines.join("\n"));
    expect(falseRejects).toBeLessThan(0.02);
  });
});

/** Some 3000 pairs from all over, Chinese in one script. */
async function sample(file: string, languages: string): Promise<SentencePair[]> {
  const [sourceLanguage, targetLanguage] = languages.split("-") as [string, string];
  const { items } = await collect(readBitext({ format: "tatoeba", file, sourceLanguage, targetLanguage }));
  const step = Math.floor(items.length / 3000);
  return items.filter(
    ({ source, target }, index) => index % step === 0 || (/\d\d/.test(source) && /\d\d/.test(target)),
  );
}

describe("Chinese scripts of Tatoeba", () => {
  const file = sharedFixture("corpora/tatoeba.en-zh.tsv");

  test.skipIf(file === undefined).each(["zh-Hans", "zh-Hant"] as const)("%s is pure by Unihan", async (chinese) => {
    const { items } = await collect(
      readBitext({ format: "tatoeba", file: file!, sourceLanguage: "en", targetLanguage: "zh" }),
    );
    const pairs = items.filter((_, index) => index % 6 === 0);
    const filters = { script: false, language: false, nearDuplicates: false } as const;
    const { kept } = await filter(pairs, { chinese, filters });
    // Core's lists are made of Unihan, OpenCC's dictionaries are not.
    const impure = kept.filter(({ source, target }) => {
      const verdicts = checkFaithful(target, createState("en", chinese, source), { detectLanguage: () => undefined });
      return verdicts.some(({ rule, verdict }) => rule === "language" && verdict.outcome === "fail");
    });
    console.info(`${chinese}: ${impure.length} of ${kept.length} have a character of the other script`);
    expect(kept.every(({ targetLanguage }) => targetLanguage === chinese)).toBe(true);
    expect(1 - impure.length / kept.length).toBeGreaterThanOrEqual(0.99);
  });
});
