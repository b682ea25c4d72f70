import { AuthorizationError, DeepLClient, DeepLError, GlossaryEntries, GlossaryNotFoundError } from "deepl-node";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveTinyModel, type TinyServer } from "../testing/serve-tiny-model.ts";

const key = "a-key-for-tests";
const otherKey = "another-key-for-tests";
let tiny: TinyServer;
let client: DeepLClient;
let other: DeepLClient;
beforeAll(async () => {
  tiny = await serveTinyModel({ apiKeys: [key, otherKey], limits: { maxTokens: 64 } });
  const options = { serverUrl: tiny.url, maxRetries: 0, minTimeout: 120_000 };
  client = new DeepLClient(key, options);
  other = new DeepLClient(otherKey, options);
});
afterAll(async () => tiny[Symbol.asyncDispose]());

async function post(path: string, body: unknown) {
  const response = await fetch(`${tiny.url}${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", Authorization: `DeepL-Auth-Key ${key}` },
  });
  return { status: response.status, body: (await response.json()) as { message: string } & Record<string, unknown> };
}

const tagsOf = (text: string) => text.match(/<[^>]+>/g)?.sort();

describe("deepl-node", () => {
  it("translates a text, and several", async () => {
    const one = await client.translateText("the cat sat on the mat and it was happy", null, "de");
    expect(one).toMatchObject({ detectedSourceLang: "en", billedCharacters: 39, text: expect.stringMatching(/./) });
    const several = await client.translateText(["the cat sat", "1 + 1 = 2"], "en", "zh");
    expect(several.map(({ detectedSourceLang }) => detectedSourceLang)).toEqual(["en", "en"]);
    expect(several[1]!.text).toBe("1 + 1 = 2");
  });

  it("refuses too many tags before it reads any", async () => {
    const request = {
      text: ["<a>".repeat(20_001)],
      target_lang: "DE",
      tag_handling: "xml",
      tag_handling_version: "v2",
    };
    const { status, body } = await post("/v2/translate", request);
    expect({ status, message: body.message }).toEqual({ status: 400, message: expect.stringContaining("20001 tags") });
  });

  it("asks for a register", async () => {
    const text = (formality?: "more" | "less" | "prefer_more") =>
      client
        .translateText("the cat sat", "en", "de", formality === undefined ? {} : { formality })
        .then((result) => result.text);
    const [plain, formal, preferred, informal] = [
      await text(),
      await text("more"),
      await text("prefer_more"),
      await text("less"),
    ];
    expect(formal).not.toBe(plain);
    expect(preferred).toBe(formal);
    expect(informal).not.toBe(formal);
  });

  it("holds translations to a glossary, which only its owner has", async () => {
    const entries = new GlossaryEntries({ entries: { cat: "Kater", mat: "Matte" } });
    const glossary = await client.createGlossary("pets", "en", "de", entries);
    expect(glossary).toMatchObject({ name: "pets", ready: true, sourceLang: "en", targetLang: "de", entryCount: 2 });
    expect(glossary.creationTime.getTime()).not.toBeNaN();
    const { text } = await client.translateText("the cat sat on the mat", "en", "de", { glossary });
    expect(text).toMatch(/(?<!\p{L})Kater(?!\p{L})/u);
    expect(text).toMatch(/(?<!\p{L})Matte(?!\p{L})/u);
    expect((await client.getGlossaryEntries(glossary)).entries()).toEqual(entries.entries());
    expect((await client.listGlossaries()).map(({ glossaryId }) => glossaryId)).toEqual([glossary.glossaryId]);
    expect((await client.getGlossary(glossary.glossaryId)).entryCount).toBe(2);
    await expect(client.translateText("cat", "en", "fr", { glossary })).rejects.toThrow(/no dictionary/);
    expect(await other.listGlossaries()).toEqual([]);
    await expect(other.getGlossary(glossary.glossaryId)).rejects.toThrow(GlossaryNotFoundError);
    await expect(other.translateText("cat", "en", "de", { glossary })).rejects.toThrow(/Glossary not found/);
    await client.deleteGlossary(glossary);
    await expect(client.getGlossary(glossary.glossaryId)).rejects.toThrow(GlossaryNotFoundError);
    expect((await client.getGlossaryLanguagePairs()).length).toBeGreaterThan(100);
  });

  it("reads glossaries of CSV", async () => {
    const csv = 'cat,Kater\r\n"a ""big"", dog",Hund,en,de\n';
    const glossary = await client.createGlossaryWithCsv("csv", "en", "de", Buffer.from(csv));
    const entries = await client.getGlossaryEntries(glossary);
    expect(entries.entries()).toEqual({ cat: "Kater", 'a "big", dog': "Hund" });
    await client.deleteGlossary(glossary);
    await expect(client.createGlossaryWithCsv("csv", "en", "de", Buffer.from('"cat,Kater'))).rejects.toThrow(/line 1/);
  });

  it("keeps glossaries of several languages", async () => {
    const dictionary = (targetLangCode: string, entries: Record<string, string>) => {
      return { sourceLangCode: "en", targetLangCode, entries: new GlossaryEntries({ entries }) };
    };
    const made = await client.createMultilingualGlossary("both", [
      dictionary("de", { cat: "Kater" }),
      dictionary("fr", { cat: "matou", mat: "tapis" }),
    ]);
    expect(made.dictionaries.map(({ targetLangCode, entryCount }) => [targetLangCode, entryCount])).toEqual([
      ["de", 1],
      ["fr", 2],
    ]);
    expect((await client.translateText("the cat", "en", "fr", { glossary: made })).text).toContain("matou");
    const changed = await client.updateMultilingualGlossaryDictionary(made, dictionary("de", { mat: "Matte" }));
    expect(changed.dictionaries.find(({ targetLangCode }) => targetLangCode === "de")!.entryCount).toBe(2);
    await client.replaceMultilingualGlossaryDictionary(made, dictionary("de", { dog: "Hund" }));
    const { entries } = await client.getMultilingualGlossaryDictionaryEntries(made, "en", "de");
    expect(entries.entries()).toEqual({ dog: "Hund" });
    expect((await client.updateMultilingualGlossaryName(made, "pets")).name).toBe("pets");
    await client.deleteMultilingualGlossaryDictionary(made, "en", "fr");
    expect((await client.getMultilingualGlossary(made.glossaryId)).dictionaries).toHaveLength(1);
    await expect(client.getMultilingualGlossaryDictionaryEntries(made, "en", "fr")).rejects.toThrow(/not found/);
    expect(await client.listMultilingualGlossaries()).toHaveLength(1);
    await client.deleteMultilingualGlossary(made);
    expect(await client.listMultilingualGlossaries()).toEqual([]);
  });

  it("handles tags", async () => {
    const html = '<p>the <b class="x">cat</b> sat <img src="a.png"> here</p>';
    const { text } = await client.translateText(html, "en", "de", { tagHandling: "html" });
    expect(tagsOf(text)).toEqual(tagsOf(html));
    const xml = "<doc><title>a cat</title><par>the <i>mat</i> and <keep>the dog</keep></par></doc>";
    const translated = await client.translateText(xml, "en", "de", { tagHandling: "xml", ignoreTags: "keep" });
    expect(tagsOf(translated.text)).toEqual(tagsOf(xml));
    expect(translated.text).toMatch(/^<doc><title>.*<\/title><par>.*<keep>the dog<\/keep>.*<\/par><\/doc>$/su);
    const options = {
      tagHandling: "xml",
      outlineDetection: false,
      splittingTags: "par",
      nonSplittingTags: "title",
    } as const;
    expect(tagsOf((await client.translateText(xml, "en", "de", options)).text)).toEqual(tagsOf(xml));
    const strict = { tagHandling: "xml", tagHandlingVersion: "v2" } as const;
    await expect(client.translateText("<a>cat", "en", "de", strict)).rejects.toThrow(/Tag handling parsing failed/);
    expect(tagsOf((await client.translateText("<a>cat", "en", "de", { tagHandling: "xml" })).text)).toEqual(["<a>"]);
  });

  it("splits sentences as it is told to, and takes context and instructions", async () => {
    const text = (splitSentences: "off" | "on" | "nonewlines") =>
      client.translateText("the cat\nthe mat", "en", "de", { splitSentences }).then((result) => result.text);
    expect(await text("on")).toMatch(/^[^\n]+\n[^\n]+$/);
    expect(await text("nonewlines")).not.toContain("\n");
    const plain = await client.translateText("the cat", "en", "de");
    const inContext = await client.translateText("the cat", "en", "de", { context: "a mat. the dog" });
    expect(inContext.text).not.toBe(plain.text);
    expect(inContext.billedCharacters).toBe(7);
    const instructed = await client.translateText("the cat", "en", "de", { customInstructions: ["Be brief."] });
    expect(instructed.text).not.toBe(plain.text);
  });

  it("counts what it translates, by key", async () => {
    const before = (await other.getUsage()).character!;
    await other.translateText("the cat 你", "en", "de");
    const usage = await other.getUsage();
    expect(usage.character!.count - before.count).toBe(9);
    expect(usage.anyLimitReached()).toBe(false);
  });

  it("says its languages", async () => {
    const source = await client.getSourceLanguages();
    expect(source).toContainEqual({ name: "Chinese", code: "zh" });
    const target = await client.getTargetLanguages();
    expect(target).toContainEqual({ name: "British English", code: "en-GB", supportsFormality: true });
    for (const { code } of target.slice(0, 8)) {
      const { text } = await client.translateText("1", "de", code as "en-GB");
      expect(text).toBe("1");
    }
  });

  it("refuses with DeepL's errors", async () => {
    const stranger = new DeepLClient("no-key-of-theirs", { serverUrl: tiny.url, maxRetries: 0 });
    await expect(stranger.getUsage()).rejects.toThrow(AuthorizationError);
    await expect(client.translateText("x", "en", "qq" as "de")).rejects.toThrow(/'target_lang' not supported/);
    await expect(client.translateText("x", "tlhx" as "en", "de")).rejects.toThrow(DeepLError);
    await expect(client.translateText("x", null, "de", { styleRule: "some-id" })).rejects.toThrow(
      /style_id: is not supported/,
    );
    await expect(client.uploadDocument(Buffer.from("x"), "en", "de", { filename: "x.txt" })).rejects.toThrow(
      /not supported/,
    );
    await expect(client.translateText(Array(51).fill("x"), "en", "de")).rejects.toThrow(/1 to 50/);
  });
});

describe("DeepL's API", () => {
  it("takes JSON and the key as a field", async () => {
    const form = new URLSearchParams({ text: "the cat", target_lang: "DE", source_lang: "EN", auth_key: key });
    const answer = await fetch(`${tiny.url}/v2/translate`, { method: "POST", body: form });
    const { status, body } = await post("/v2/translate", { text: ["the cat"], target_lang: "DE", source_lang: "EN" });
    expect([answer.status, status]).toEqual([200, 200]);
    expect(body).toEqual(await answer.json());
    expect(body).toEqual({ translations: [{ detected_source_language: "EN", text: expect.any(String) }] });
  });

  it.each<[string, unknown, number, RegExp]>([
    ["/v2/translate", {}, 400, /text/],
    ["/v2/translate", { text: [], target_lang: "DE" }, 400, /text/],
    ["/v2/translate", { text: ["x"] }, 400, /target_lang/],
    ["/v2/translate", { text: ["x"], target_lang: "DE", formality: "rude" }, 400, /formality/],
    ["/v2/translate", { text: ["x"], target_lang: "DE", tag_handling: "yaml" }, 400, /tag_handling/],
    ["/v2/translate", { text: ["x"], target_lang: "DE", glossary_id: "x" }, 400, /source_lang/],
    ["/v2/translate", { text: ["x"], target_lang: "DE", source_lang: "EN", glossary_id: "../x" }, 404, /not found/],
    ["/v2/translate", { text: ["x".repeat(600_000)], target_lang: "DE" }, 413, /characters/],
    [
      "/v2/glossaries",
      { name: "x", source_lang: "EN", target_lang: "DE", entries: "a", entries_format: "tsv" },
      400,
      /line 1/,
    ],
    [
      "/v2/glossaries",
      { name: "x", source_lang: "EN", target_lang: "DE", entries: "\n", entries_format: "csv" },
      400,
      /no entries/,
    ],
    ["/v3/glossaries", { name: "x", dictionaries: [] }, 400, /dictionaries/],
    ["/v2/nothing", {}, 404, /endpoint/],
  ])("refuses what it cannot do with a message: %s, %#", async (path, body, status, message) => {
    expect(await post(path, body)).toEqual({ status, body: { message: expect.stringMatching(message) } });
  });

  it("answers anything with 200 or a clear refusal", async () => {
    const value = fc.oneof(
      fc.constantFrom(
        "x",
        "EN",
        "DE",
        "html",
        "xml",
        "1",
        "0",
        "nonewlines",
        "more",
        "<b>y",
        "a\tb",
        '"',
        "tsv",
        "csv",
        "\0",
      ),
      fc.jsonValue({ maxDepth: 2 }),
      fc.constant([{ source_lang: "en", target_lang: "de", entries: "a\tb", entries_format: "tsv" }]),
    );
    const field = fc.constantFrom(
      ..."text source_lang target_lang tag_handling split_sentences ignore_tags splitting_tags formality glossary_id".split(
        " ",
      ),
      ..."name entries entries_format dictionaries custom_instructions context __proto__ constructor".split(" "),
    );
    const path = fc.constantFrom("/v2/translate", "/v2/glossaries", "/v3/glossaries", "/v2/document");
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, value, { maxKeys: 12 }), path, async (fields, where) => {
        const { status, body } = await post(where, fields);
        expect([200, 201, 400, 404]).toContain(status);
        if (status >= 400) expect(body).toEqual({ message: expect.any(String) });
      }),
      { numRuns: 200 },
    );
    expect((await fetch(`${tiny.url}/health`)).status).toBe(200);
  });
});
