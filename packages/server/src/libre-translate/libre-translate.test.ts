import fc from "fast-check";
import translate from "translate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../testing/running-server.ts";
import { serveTinyModel, type TinyServer } from "../testing/serve-tiny-model.ts";

let tiny: TinyServer;
beforeAll(async () => {
  tiny = await serveTinyModel({ limits: { maxTokens: 48 } });
});
afterAll(async () => tiny[Symbol.asyncDispose]());

async function post(path: string, body: BodyInit, type?: string, url = tiny.url) {
  const headers = type === undefined ? {} : { "Content-Type": type };
  const response = await fetch(`${url}${path}`, { method: "POST", body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const postJson = (path: string, body: unknown, url?: string) =>
  post(path, JSON.stringify(body), "application/json", url);

describe("LibreTranslate", () => {
  it("serves the client of npm's translate unchanged", async () => {
    Object.assign(translate, { engine: "libre", url: `${tiny.url}/translate` });
    const text = await translate("the cat sat", { from: "en", to: "de" });
    expect(text).toBe(
      (await postJson("/translate", { q: "the cat sat", source: "en", target: "de" })).body.translatedText,
    );
    expect(text).not.toBe("");
    await expect(translate("the cat sat again", { from: "en", to: "vo" }).then(() => "done")).resolves.toBe("done");
  });

  it("takes JSON, forms and multipart forms alike", async () => {
    const fields = { q: "the cat sat", source: "en", target: "de", format: "text", alternatives: "0", api_key: "" };
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    const answers = await Promise.all([
      postJson("/translate", fields),
      post("/translate", new URLSearchParams(fields)),
      post("/translate", form),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(Object.keys(answers[0]!.body)).toEqual(["translatedText"]);
    const headers = { "Content-Type": "application/json" };
    const body = new Blob([JSON.stringify(fields)]).stream();
    const streamed = await fetch(`${tiny.url}/translate`, {
      method: "POST",
      body,
      headers,
      duplex: "half",
    } as RequestInit);
    expect(await streamed.json()).toEqual(answers[0]!.body);
  });

  it("translates a text that is longer than the context, whatever it lacks", async () => {
    for (const q of ["word. ".repeat(700), `${"word ".repeat(900)}end`, "x".repeat(3000)]) {
      const { status, body } = await postJson("/translate", { q, source: "en", target: "de" });
      expect(status).toBe(200);
      expect((body.translatedText as string).length).toBeGreaterThan(10);
    }
  });

  it("refuses more tags than it can read while others wait", async () => {
    const q = `${"<a>".repeat(20_000)}x</a>`;
    const { status, body } = await postJson("/translate", { q, source: "en", target: "de", format: "html" });
    expect({ status, body }).toEqual({ status: 400, body: { error: expect.stringContaining("20001 tags") } });
  });

  it("ends a long text with its client", async () => {
    const q = Array.from(
      { length: 4000 },
      (_, index) => `word ${String.fromCharCode(97 + (index % 26), 97 + ((index / 26) % 26))}`,
    ).join(" ");
    const controller = new AbortController();
    const answer = fetch(`${tiny.url}/translate`, {
      method: "POST",
      body: JSON.stringify({ q, source: "en", target: "de" }),
      headers: { "Content-Type": "application/json" },
      signal: controller.signal,
    }).catch(() => "gone");
    const { admission } = tiny.server.context;
    await until(() => admission.running === 1);
    const before = tiny.model.evaluatedTokens;
    await until(() => tiny.model.evaluatedTokens > before);
    controller.abort();
    expect(await answer).toBe("gone");
    await until(() => admission.running === 0);
  });

  it("translates several texts, says what they are in, and how else they could read", async () => {
    const q = ["the cat sat on the mat and it was happy", "1 2 3", "Wo ist denn die Katze?"];
    const { status, body } = await postJson("/translate", { q, source: "auto", target: "de", alternatives: 2 });
    expect(status).toBe(200);
    const translated = body.translatedText as string[];
    expect(translated).toHaveLength(3);
    expect(translated[0]).not.toBe(q[0]);
    expect(translated.slice(1)).toEqual(q.slice(1));
    expect(body.detectedLanguage).toEqual([
      { confidence: 100, language: "en" },
      { confidence: 0, language: "en" },
      { confidence: 100, language: "de" },
    ]);
    const [others] = body.alternatives as string[][];
    expect(new Set([translated[0], ...others!]).size).toBe(3);
  });

  it("keeps every tag of HTML", async () => {
    const q = '<p class="green">the <b>cat</b> sat</p><script>a < b</script>\n<ul><li>on a mat<br>here</ul>';
    const { body } = await postJson("/translate", { q, source: "en", target: "zh", format: "html" });
    const tags = (text: string) =>
      text
        .replace(/<script>.*<\/script>/, "S")
        .match(/<[^>]+>/g)
        ?.sort();
    expect(tags(body.translatedText as string)).toEqual(tags(q));
    expect(body.translatedText).toMatch(/^<p class="green">.*<\/p><script>a < b<\/script>\n<ul><li>.*<br>.*<\/ul>$/su);
  });

  it("detects languages, and says which it has", async () => {
    expect((await postJson("/detect", { q: "Wo ist denn die Katze?" })).body).toEqual([
      { confidence: 100, language: "de" },
    ]);
    expect((await postJson("/detect", { q: "這隻貓" })).body).toEqual([{ confidence: 100, language: "zh-Hant" }]);
    const languages = (await (await fetch(`${tiny.url}/languages`)).json()) as { code: string; targets: string[] }[];
    expect(languages).toContainEqual(expect.objectContaining({ code: "zh-Hans", name: "Simplified Chinese" }));
    expect(languages[0]!.targets).toEqual(languages.map(({ code }) => code));
    const settings = await (await fetch(`${tiny.url}/frontend/settings`)).json();
    expect(settings).toMatchObject({ keyRequired: false, charLimit: 500_000, language: { source: { code: "auto" } } });
  });

  it.each<[string, unknown, number, RegExp]>([
    ["/translate", { source: "en", target: "de" }, 400, /q/],
    ["/translate", { q: "x", source: "en" }, 400, /target/],
    ["/translate", { q: "x", source: "en", target: "German" }, 400, /'target'/],
    ["/translate", { q: "x", source: "xx-bogus-x", target: "de" }, 400, /'source'/],
    ["/translate", { q: "x", source: "en", target: "de", format: "pdf" }, 400, /format/],
    ["/translate", { q: "x", source: "en", target: "de", alternatives: 1e9 }, 400, /alternatives/],
    ["/translate", { q: "\ud800", source: "en", target: "de" }, 400, /character/],
    ["/translate", { q: "x ".repeat(300_000), source: "en", target: "de" }, 400, /characters/],
    ["/translate", [], 400, /./],
    ["/detect", {}, 400, /q/],
  ])("refuses what it cannot do with LibreTranslate's error: %s, %#", async (path, body, status, error) => {
    const answer = await postJson(path, body);
    expect(answer).toEqual({ status, body: { error: expect.stringMatching(error) } });
  });

  it("refuses bodies that are none", async () => {
    expect((await post("/translate", "{", "application/json")).status).toBe(400);
    expect((await post("/translate", "<q>x</q>", "text/xml")).status).toBe(415);
    expect((await fetch(`${tiny.url}/translate`, { method: "POST" })).status).toBe(400);
  });

  it("takes the key from the body, and refuses without", async () => {
    const guarded = await serveTinyModel({ apiKeys: ["a-key-for-tests"], limits: { maxTokens: 8 } });
    const fields = { q: "the cat", source: "en", target: "de" };
    const wrong = { status: 403, body: { error: expect.any(String) } };
    expect(await postJson("/translate", fields, guarded.url)).toEqual(wrong);
    expect(await postJson("/translate", { ...fields, api_key: "another-key" }, guarded.url)).toEqual(wrong);
    expect((await postJson("/translate", { ...fields, api_key: "a-key-for-tests" }, guarded.url)).status).toBe(200);
    const form = new URLSearchParams({ ...fields, api_key: "a-key-for-tests" });
    expect((await post("/translate", form, undefined, guarded.url)).status).toBe(200);
    await guarded[Symbol.asyncDispose]();
  });

  it("answers as many as come at once, and frees the place of whoever goes away", async () => {
    const fields = (index: number) => ({ q: `the cat sat on mat ${index}`, source: "en", target: "de" });
    const many = Array.from({ length: 20 }, (_, index) => postJson("/translate", fields(index)));
    expect(new Set((await Promise.all(many)).map(({ status }) => status))).toEqual(new Set([200]));
    const { admission } = tiny.server.context;
    const controller = new AbortController();
    const body = JSON.stringify({
      ...fields(0),
      q: Array.from({ length: 2000 }, (_, index) => `The cat sat ${index}.`).join(" "),
    });
    const headers = { "Content-Type": "application/json" };
    const left = fetch(`${tiny.url}/translate`, { method: "POST", body, headers, signal: controller.signal });
    await expect.poll(() => admission.running, { timeout: 60_000 }).toBe(1);
    controller.abort();
    await expect(left).rejects.toThrow();
    await expect.poll(() => admission.running, { timeout: 60_000 }).toBe(0);
  });

  it("answers anything with 200 or a clear refusal", async () => {
    const value = fc.oneof(
      fc.constantFrom("x", "en", "de", "auto", "html", "text", "", "1", "__proto__", "<b>y", "\0"),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const field = fc.constantFrom(
      "q",
      "source",
      "target",
      "format",
      "alternatives",
      "api_key",
      "__proto__",
      "toString",
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, value), fc.constantFrom("/translate", "/detect"), async (fields, path) => {
        const { status, body } = await postJson(path, fields);
        expect([200, 400]).toContain(status);
        if (status === 400) expect(body).toEqual({ error: expect.any(String) });
      }),
      { numRuns: 150 },
    );
    expect((await fetch(`${tiny.url}/health`)).status).toBe(200);
  });
});
