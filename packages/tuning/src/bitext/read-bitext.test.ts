import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BitextInput } from "./bitext-input.ts";
import { createBitextReport } from "./bitext-report.ts";
import { type BitextProgress, type ReadBitextOptions, readBitext } from "./read-bitext.ts";
import { collect, temporaryFiles } from "./testing/temporary-files.ts";

const write = temporaryFiles();
const languages = { sourceLanguage: "en", targetLanguage: "de" } as const;

async function read(inputs: BitextInput | readonly BitextInput[], options: ReadBitextOptions = {}) {
  const report = createBitextReport();
  const { items, error } = await collect(readBitext(inputs, { ...options, report }));
  const problems = report.files.flatMap(({ problems: found }) =>
    Object.entries(found).flatMap(([problem, { count, samples }]) => [
      [problem, count, samples.map(({ line }) => line)],
    ]),
  );
  return { pairs: items, texts: items.map(({ source, target }) => [source, target]), error, report, problems };
}

describe("TSV", () => {
  test("reads Tatoeba's text columns, quotes and all", async () => {
    const file = write("t.tsv", 'Go.\tGeh.\r\n"Hi," he said.\t„Hallo“, sagte er.\n');
    const { pairs } = await read({ format: "tsv", file, ...languages, license: "CC0-1.0" });
    expect(pairs).toEqual([
      {
        ...{ source: "Go.", target: "Geh.", ...languages },
        origin: { corpus: "t", license: "CC0-1.0", file, line: 1 },
      },
      {
        ...{ source: '"Hi," he said.', target: "„Hallo“, sagte er.", ...languages },
        origin: { corpus: "t", license: "CC0-1.0", file, line: 2 },
      },
    ]);
  });

  test("takes columns by name, with their licence and several ids", async () => {
    const file = write("named.tsv.gz", gzipSync("no\tid\tde\ten\tby\n7\ta\tGeh.\tGo.\tCC0\n"));
    const columns = { source: "en", target: "de", id: ["id", 1], license: "by", attribution: "by" } as const;
    const { pairs } = await read({ format: "tsv", file, columns, ...languages });
    expect(pairs).toMatchObject([
      {
        source: "Go.",
        target: "Geh.",
        origin: { corpus: "named", line: 2, id: "a-7", license: "CC0", attribution: "CC0" },
      },
    ]);
    const wrong = await read({ format: "tsv", file, columns: { source: "fr", target: 3 }, ...languages });
    expect(String(wrong.error)).toMatch(
      /named\.tsv\.gz:1: there is no column "fr"; expected one of 5: no, id, de, en, by/,
    );
  });

  test("counts ragged, blank and broken lines by number, and goes on", async () => {
    const bytes = Buffer.concat([
      Buffer.from("a\tb\nc\n\nd\te\tf\n"),
      Buffer.from([0xff, 9, 0x61, 10]),
      Buffer.from("g\th"),
    ]);
    const { texts, problems, error, report } = await read({
      format: "tsv",
      file: write("ragged.tsv", bytes),
      ...languages,
    });
    expect(error).toBeUndefined();
    expect(texts).toEqual([
      ["a", "b"],
      ["g", "h"],
    ]);
    expect(problems.map(([problem, count, lines]) => [problem, count, (lines as number[]).toSorted()])).toEqual([
      ...[
        ["encoding", 1, [5]],
        ["ragged", 2, [2, 4]],
        ["blank", 1, [3]],
      ],
    ]);
    expect(report.files).toMatchObject([{ lines: 6, pairs: 2, bytes: bytes.length }]);
  });

  test("quoted columns hold delimiters, quotes and ends of lines", async () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "ü", '"', ",", "\n", " "), minLength: 1 });
    const rows = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 });
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(rows, async (expected) => {
        const file = write("quoted.csv", `${expected.map((row) => row.map(quote).join(",")).join("\n")}\n`);
        const input = { format: "tsv", file, quoted: true, delimiter: ",", ...languages } as const;
        const normalisation = { unicode: false, invisible: false, whiteSpace: false };
        expect((await read(input, { normalisation })).texts).toEqual(expected);
      }),
    );
  });

  test("a quote without an end costs its line only", async () => {
    const file = write("open.csv", `a,b\n"c,d\n${"e,f\n".repeat(150)}`);
    const { texts, problems } = await read({ format: "tsv", file, quoted: true, delimiter: ",", ...languages });
    expect(problems).toEqual([["quotes", 1, [2]]]);
    expect(texts.length).toBe(151);
  });
});

describe("Tatoeba", () => {
  test("tells the layouts of pair exports by their first lines", async () => {
    const layouts = ["Go.\tGeh.", "1\tGo.\t77\tGeh.", "Go.\tGeh.\tCC-BY 2.0 (France) Attribution: a & b"];
    const ids = [undefined, "1-77", undefined];
    for (const [index, line] of layouts.entries()) {
      const { pairs } = await read({ format: "tatoeba", file: write(`layout-${index}`, `${line}\n`), ...languages });
      expect(pairs).toMatchObject([
        { source: "Go.", target: "Geh.", origin: { corpus: "tatoeba", license: "CC BY 2.0 FR" } },
      ]);
      expect(pairs[0]!.origin.id).toBe(ids[index]);
      expect(pairs[0]!.origin.attribution).toBe(index === 2 ? "CC-BY 2.0 (France) Attribution: a & b" : undefined);
    }
    const other = await read({ format: "tatoeba", file: write("layout", "a\tb\tc\td\n"), ...languages });
    expect(other.error).toMatchObject({ code: "bitext-invalid" });
    expect((await read({ format: "tatoeba", file: write("nothing", ""), ...languages })).pairs).toEqual([]);
  });

  test("joins sentences by links, whatever their order, in the direction that was asked for", async () => {
    const sentences = write(
      "sentences.csv",
      "9\tdeu\tLos!\n1\teng\tGo.\n5\tdeu\tGeh.\n7\tcmn\t走。\n8\ttoki\t?\nx\teng\t?\n",
    );
    const links = write("links.csv", "1\t5\n5\t1\n1\t9\n1\t7\n1\t1000\n1\n");
    const { pairs, problems } = await read({ format: "tatoeba", sentences, links, ...languages });
    expect(pairs.map(({ source, target, origin }) => [source, target, origin.id, origin.line])).toEqual([
      ...[
        ["Go.", "Geh.", "1-5", 1],
        ["Go.", "Los!", "1-9", 3],
      ],
    ]);
    expect(problems).toEqual([
      ["ragged", 1, [6]],
      ["ragged", 1, [6]],
    ]);
    const chinese = { sourceLanguage: "zh", targetLanguage: "en" };
    const other = write("links2.csv", "7\t1\n");
    expect((await read({ format: "tatoeba", sentences: [sentences], links: other, ...chinese })).pairs).toMatchObject([
      { source: "走。", target: "Go.", sourceLanguage: "zh-Hans" },
    ]);
  });
});

describe("line-aligned files", () => {
  test("pair by number; broken and blank lines cost their own pairs", async () => {
    const source = write("a.en", Buffer.concat([Buffer.from("one\ntwo\n\nfour\n")]));
    const target = write(
      "a.de",
      Buffer.concat([Buffer.from("eins\n"), Buffer.from([0xc3, 10]), Buffer.from("\nvier\n\n\n")]),
    );
    const { pairs, problems, error } = await read({ format: "lines", source, target, ...languages });
    expect(error).toBeUndefined();
    expect(pairs.map(({ source: from, target: to, origin }) => [from, to, origin.line])).toEqual([
      ...[
        ["one", "eins", 1],
        ["four", "vier", 4],
      ],
    ]);
    expect(problems).toEqual([
      ["encoding", 1, [2]],
      ["blank", 1, [3]],
    ]);
  });

  test("of unequal length stop with the place, after the pairs that there are", async () => {
    const source = write("b.en", "one\ntwo\nthree\nfour\n");
    const target = write("b.de.gz", gzipSync("eins\nzwei\n"));
    for (const input of [
      { source, target },
      { source: target, target: source },
    ]) {
      const { texts, error } = await read({ format: "lines", ...input, ...languages });
      expect(texts.length).toBe(2);
      expect(error).toMatchObject({ code: "bitext-invalid" });
      expect(String(error)).toMatch(/b\.de\.gz:3: .* expected 4 lines, as .*b\.en has, got 2/);
    }
  });
});

test("JSONL takes nested fields; what is no JSON, has no such field or no text is counted", async () => {
  const rows = [
    '{"id":7,"translation":{"en":"Go.","de":["Geh."]},"meta":{"by":"CC0-1.0"}}',
    '{"translation":{"en":"Go."',
    '{"translation":{"en":"Go.","de":[3]}}',
    '{"translation":{"en":"\\ud800","de":["x"]}}',
    "null",
  ];
  const fields = { source: "translation.en", target: ["translation", "de", 0], id: "id", license: "meta.by" } as const;
  const file = write("rows.jsonl", rows.join("\n"));
  const { pairs, problems } = await read({ format: "jsonl", file, fields, license: "?", ...languages });
  expect(pairs).toMatchObject([{ source: "Go.", target: "Geh.", origin: { id: "7", license: "CC0-1.0", line: 1 } }]);
  expect(problems).toEqual([
    ["json", 1, [2]],
    ["field", 2, expect.arrayContaining([3, 5])],
    ["encoding", 1, [4]],
  ]);
});

describe("TMX", () => {
  const tmx = (units: string) => `<?xml version="1.0"?>\n<tmx version="1.4"><header/><body>\n${units}\n</body></tmx>`;
  const unit = (...variants: readonly (readonly [string, string])[]) =>
    `<tu>${variants.map(([tag, text]) => `<tuv xml:lang="${tag}"><seg>${text}</seg></tuv>`).join("")}</tu>`;

  test("takes the two languages of a unit, in any order, each variant with each", async () => {
    const units = [
      unit(["fr", "Va."], ["DE-de", "Geh."], ["en-US", "Go."], ["de-AT", "Los."]),
      '<tu tuid="x&amp;y">\n<tuv lang="EN"><seg>Stop.</seg></tuv><tuv lang="de"><seg>Halt.</seg></tuv></tu>',
      unit(["fr", "Va."], ["en", "Go."]),
    ];
    const { pairs, problems } = await read({
      format: "tmx",
      file: write("a.tmx", tmx(units.join("\n"))),
      ...languages,
    });
    expect(pairs.map(({ source, target, origin }) => [source, target, origin.line, origin.id])).toEqual([
      ...[
        ["Go.", "Geh.", 3, undefined],
        ["Go.", "Los.", 3, undefined],
        ["Stop.", "Halt.", 4, "x&y"],
      ],
    ]);
    expect(problems).toEqual([["language", 1, [6]]]);
  });

  test("keeps the Chinese script that the file names, and prefers the one that was asked for", async () => {
    const units = [
      unit(["en", "Hi."], ["zh-TW", "你們好"]),
      unit(["en", "Hi."], ["zh-TW", "你們好"], ["zh-CN", "你们好"]),
    ];
    const file = write("zh.tmx", tmx(units.join("\n")));
    const { pairs } = await read({ format: "tmx", file, sourceLanguage: "en", targetLanguage: "zh" });
    expect(pairs.map(({ target, targetLanguage }) => [target, targetLanguage])).toEqual([
      ...[
        ["你們好", "zh-Hant"],
        ["你们好", "zh-Hans"],
      ],
    ]);
  });

  test("leaves codes out, keeps highlighted text, and reads entities and CDATA", async () => {
    const source =
      'A <bpt i="1">&lt;b&gt;</bpt>bold<ept i="1">&lt;/b&gt;</ept> <hi>word</hi><ph>{0}<sub>no</sub></ph> &lt;3 &#x4E2D;';
    const { texts } = await read({
      ...{
        format: "tmx",
        file: write("c.tmx", tmx(unit(["en", source], ["de", "<![CDATA[<x> & y]]>"]))),
        ...languages,
      },
    });
    expect(texts).toEqual([["A bold word <3 中", "<x> & y"]]);
  });

  test("goes on after entities that XML does not know", async () => {
    const units = unit(["en", "R&D&nbsp;here"], ["de", "F & E"]);
    const { texts, problems, error } = await read({ format: "tmx", file: write("d.tmx", tmx(units)), ...languages });
    expect(error).toBeUndefined();
    expect(texts[0]![1]).toBe("F & E");
    expect(texts[0]![0]).toMatch(/^R&D&nbsp;here$/);
    expect(problems[0]![0]).toBe("entity");
  });

  test.each([
    ["a tag that does not close", "<tu><tuv xml:lang='en'><seg>x</tuv></tu>"],
    ["a file that ends too early", "<tu><tuv xml:lang='en'><seg>x"],
    ["an attribute without quotes", "<tu a=b></tu>"],
  ])("stops at %s, with file and line, after what comes before", async (_, broken) => {
    const file = write("broken.tmx", tmx(`${unit(["en", "Go."], ["de", "Geh."])}\n\n${broken}`));
    const { texts, error } = await read({ format: "tmx", file, ...languages });
    expect(texts).toEqual([["Go.", "Geh."]]);
    expect(error).toMatchObject({ code: "bitext-invalid" });
    expect(String(error)).toMatch(/broken\.tmx:[5-7]: the XML is broken/);
  });

  test("what is no TMX is refused", async () => {
    for (const content of ["", "<html></html>", "plain text"]) {
      const { error } = await read({ format: "tmx", file: write("no.tmx", content), ...languages });
      expect(error).toMatchObject({ code: "bitext-invalid" });
    }
  });

  test("reads UTF-16 with and without a mark, and counts broken UTF-8", async () => {
    const text = tmx(unit(["en", "Go."], ["de", "Später."]));
    const little = Buffer.from(text, "utf16le");
    for (const bytes of [little, Buffer.from(`\ufeff${text}`, "utf16le"), Buffer.from(little).swap16()]) {
      expect((await read({ format: "tmx", file: write("16.tmx", bytes), ...languages })).texts).toEqual([
        ["Go.", "Später."],
      ]);
    }
    const { problems } = await read({
      format: "tmx",
      file: write("l1.tmx", Buffer.from(text, "latin1")),
      ...languages,
    });
    expect(problems).toEqual([["encoding", 1, [3]]]);
  });

  test("gives back what was written, wherever the pieces of the file end", async () => {
    const escapeXml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const text = fc.string({
      unit: fc.constantFrom("a", "ö", "汉", "😀", "&", "<", ">", '"', "]]", "\u00a0"),
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 20 }), async (pairs) => {
        const units = pairs
          .map(([source, target]) => unit(["en", escapeXml(source)], ["de", escapeXml(target)]))
          .join("\n");
        // Spaces in front, so that pieces of 64 kB end anywhere.
        const file = write("round.tmx", tmx(" ".repeat(65_400) + units));
        const normalisation = { unicode: false, invisible: false, whiteSpace: false };
        expect((await read({ format: "tmx", file, ...languages }, { normalisation })).texts).toEqual(pairs);
      }),
    );
  });
});

test("progress counts the bytes of all files as they are stored; a signal stops with its reason", async () => {
  const first = write("p1.tsv.gz", gzipSync("a\tb\n".repeat(1000)));
  const second = write("p2.tsv", "c\td\n".repeat(50_000));
  const inputs = [first, second].map((file) => ({ format: "tsv", file, ...languages }) as const);
  const seen: BitextProgress[] = [];
  const { pairs } = await read(inputs, { onProgress: (progress) => seen.push(progress) });
  expect(pairs.length).toBe(51_000);
  expect(seen.at(-1)).toMatchObject({ file: second, bytesRead: seen[0]!.bytesTotal });
  expect(seen.length).toBeGreaterThan(3);
  const controller = new AbortController();
  const stopped = await read(inputs, { signal: controller.signal, onProgress: () => controller.abort("no") });
  expect(stopped).toMatchObject({ error: "no", pairs: [] });
});

test("arguments are checked before anything is read", async () => {
  const file = write("x.tsv", "a\tb\n");
  const wrong = [
    { format: "csv", file, ...languages },
    { format: "tsv", ...languages },
    { format: "tsv", file, sourceLanguage: "?", targetLanguage: "de" },
    { format: "tsv", file: `${file}.not`, ...languages },
  ] as unknown as BitextInput[];
  const codes = await Promise.all(wrong.map(async (input) => (await read(input)).error));
  expect(codes.map((error) => (error as { code: string }).code)).toEqual([
    ...["argument-invalid", "argument-invalid", "language-unknown", "source-not-found"],
  ]);
});
