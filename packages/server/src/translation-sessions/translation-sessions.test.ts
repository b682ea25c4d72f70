import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveTinyModel, type TinyServer } from "../testing/serve-tiny-model.ts";

const [key, otherKey] = ["a-key-for-tests", "another-key-for-tests"];
const decoding = { max_tokens: 24 };
let tiny: TinyServer;
beforeAll(async () => {
  tiny = await serveTinyModel({ apiKeys: [key, otherKey], limits: { sessions: 4 } });
});
afterAll(async () => tiny[Symbol.asyncDispose]());

interface Version {
  readonly id: number;
  readonly parent: number | null;
  readonly author: string;
  readonly translation: string;
  readonly act: { readonly kind: string } | null;
  readonly reply: { readonly verdict: { readonly outcome: string }; readonly guaranteed: readonly string[] } | null;
  readonly checks: readonly object[];
  readonly state: Record<string, unknown>;
}

interface Session {
  readonly id: string;
  readonly translation: string | null;
  readonly current: number | null;
  readonly can_undo: boolean;
  readonly can_redo: boolean;
  readonly versions: readonly Version[];
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
  owner = key,
): Promise<Response> {
  return fetch(`${tiny.url}/v1/translations${path}`, {
    ...{ method, signal: signal ?? null },
    body: body === undefined ? null : JSON.stringify(body),
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${owner}` },
  });
}

async function ask<Answer>(method: string, path: string, body?: unknown, status = method === "GET" ? 200 : 201) {
  const response = await call(method, path, body);
  const answer = (await response.json()) as Answer;
  expect({ status: response.status, answer }).toMatchObject({ status });
  return answer;
}

const open = (fields: object = {}) =>
  ask<Session>("POST", "", { text: "the cat sat on the mat", from: "en", to: "de", decoding, ...fields });

/** Events of a stream, once it has ended. */
async function eventsOf(response: Response): Promise<Record<string, unknown>[]> {
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const lines = (await response.text()).split("\n\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line.replace(/^data: /, "")) as Record<string, unknown>);
}

describe("a translation session over HTTP", () => {
  it("translates, is steered, goes back and forth, and branches", async () => {
    const session = await open();
    expect(session).toMatchObject({ current: 0, can_undo: true, can_redo: false, model: "tiny", from: "en", to: "de" });
    expect(session.versions[0]).toMatchObject({ id: 0, parent: null, author: "model", act: { kind: "translate" } });
    expect(session.translation).toBe(session.versions[0]!.translation);

    const included = await ask<Version>("POST", `/${session.id}/acts`, {
      act: { kind: "include-terms", terms: ["mat"] },
      decoding,
    });
    expect(included).toMatchObject({ id: 1, parent: 0, reply: { verdict: { outcome: "pass" } } });
    expect(included.translation).toMatch(/(?<!\p{L})mat(?!\p{L})/u);
    expect(included.reply!.guaranteed).toEqual(['require "mat"']);

    const formal = await ask<Version>("POST", `/${session.id}/acts`, { command: "make it formal", decoding });
    expect(formal).toMatchObject({ id: 2, act: { kind: "set-register" }, state: { register: "formal" } });
    expect(formal.translation).toMatch(/(?<!\p{L})mat(?!\p{L})/u);

    const undone = await ask<Session>("POST", `/${session.id}/undo`, undefined, 200);
    expect(undone).toMatchObject({ current: 1, can_redo: true, translation: included.translation });
    expect(await ask<Session>("POST", `/${session.id}/redo`, undefined, 200)).toMatchObject({ current: 2 });

    await ask<Session>("POST", `/${session.id}/checkout`, { version: 0 }, 200);
    const branch = await ask<Version>("POST", `/${session.id}/acts`, { command: "/forbid mat", decoding });
    expect(branch).toMatchObject({ id: 3, parent: 0 });
    const edited = await ask<Version>("POST", `/${session.id}/edit`, { translation: "Die Katze" });
    expect(edited).toMatchObject({ id: 4, parent: 3, author: "person", act: null, reply: null });

    const whole = await ask<Session>("GET", `/${session.id}`);
    expect(whole.versions.map(({ parent }) => parent)).toEqual([null, 0, 1, 0, 3]);
    expect(whole.translation).toBe("Die Katze");
    expect((await call("DELETE", `/${session.id}`)).status).toBe(204);
    expect((await call("GET", `/${session.id}`)).status).toBe(410);
  });

  it("holds to what is asked from the beginning, and goes on from a person's words", async () => {
    const session = await open({
      glossary: [{ source: "cat", targets: "Kater" }],
      include: [["a", "b"]],
      forbid: ["on"],
    });
    expect(session.translation).toMatch(/(?<!\p{L})Kater(?!\p{L})/u);
    const regenerated = await ask<Version>("POST", `/${session.id}/regenerate`, { prefix: "Der Kater sa", decoding });
    expect(regenerated).toMatchObject({ id: 1, parent: null });
    expect(regenerated.translation.startsWith("Der Kater sa")).toBe(true);
    const kept = await ask<Version>("POST", `/${session.id}/acts`, {
      act: { kind: "keep-prefix", prefix: "Ein Kater" },
      decoding,
    });
    expect(kept.translation.startsWith("Ein Kater")).toBe(true);
    await call("DELETE", `/${session.id}`);
  });

  it("streams what is written", async () => {
    const fields = { text: "the cat sat", from: "en", to: "de", decoding, stream: true };
    const events = await eventsOf(await call("POST", "", fields));
    expect(events[0]).toEqual({ type: "session", id: expect.any(String) });
    const done = events.at(-1) as unknown as Session;
    expect(done).toMatchObject({ type: "done", id: events[0]!.id, current: 0 });
    const text = (all: typeof events) =>
      all
        .filter(({ type }) => type === "text")
        .map(({ text }) => text)
        .join("");
    expect(text(events).trim()).toBe(done.translation!.trim());
    const act = await eventsOf(
      await call("POST", `/${done.id}/acts`, { command: "/rephrase", decoding, stream: true }),
    );
    expect(act.at(-1)).toMatchObject({ type: "done", id: 1, parent: 0 });
    const refused = await call("POST", `/${done.id}/acts`, { act: { kind: "shorten", most: -1 }, stream: true });
    expect(refused.status).toBe(400);
    await call("DELETE", `/${done.id}`);
  });

  it("suggests how a person's words go on, and the latest request counts", async () => {
    const session = await open();
    const suggest = (typed: string, more: object = {}) => call("POST", `/${session.id}/suggest`, { typed, ...more });
    const [first, second] = await Promise.all([suggest("Die Ka", { max_tokens: 500 }), suggest("Die Katze ")]);
    const answers = [await first.json(), await second.json()] as { continuation: string; superseded: boolean }[];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(answers.filter(({ superseded }) => superseded).length).toBeLessThanOrEqual(1);
    const whole = (await (await suggest("Die Katze ")).json()) as { continuation: string; superseded: boolean };
    expect(whole).toEqual({ continuation: expect.any(String), superseded: false });
    const events = await eventsOf(await suggest("Die Katze ", { stream: true }));
    expect(events.at(-1)).toEqual({ type: "done", ...whole });
    // Whoever goes away frees the place.
    const controller = new AbortController();
    const left = call("POST", `/${session.id}/suggest`, { typed: "D", max_tokens: 1000 }, controller.signal);
    controller.abort();
    await expect(left).rejects.toThrow();
    await expect.poll(() => tiny.server.context.admission.running, { timeout: 60_000 }).toBe(0);
    expect(await ask<Session>("GET", `/${session.id}`)).toMatchObject({ current: 0 });
    await call("DELETE", `/${session.id}`);
  });

  it("says how sure the model is of each word, and what else could stand there", async () => {
    const session = await open({ include: ["mat", "cat"] });
    const { data: words } = await ask<{ data: { text: string; start: number; confidence: number }[] }>(
      "GET",
      `/${session.id}/words`,
    );
    expect(words.length).toBeGreaterThan(0);
    for (const { text, start, confidence } of words) {
      expect(session.translation!.startsWith(text, start)).toBe(true);
      expect(confidence).toBeGreaterThanOrEqual(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
    const { data } = await ask<{ data: { prefix: string; text: string }[] }>(
      "GET",
      `/${session.id}/words/0/alternatives?count=3`,
    );
    expect(data.length).toBeLessThanOrEqual(3);
    for (const { prefix, text } of data) expect(prefix.endsWith(text)).toBe(true);
    expect((await call("GET", `/${session.id}/words/9999/alternatives`)).status).toBe(400);
    expect((await call("GET", `/${session.id}/words/x/alternatives`)).status).toBe(400);
    expect((await call("GET", `/${session.id}/words/0/alternatives?count=1e9`)).status).toBe(400);
    await call("DELETE", `/${session.id}`);
  });

  it("takes one turn at a time, and ends it with the session", async () => {
    const session = await open();
    const long = call("POST", `/${session.id}/acts`, {
      command: "/rephrase",
      stream: true,
      decoding: { max_tokens: 480 },
    });
    const response = await long;
    const [undo, act] = [
      await call("POST", `/${session.id}/undo`),
      await call("POST", `/${session.id}/acts`, { command: "/shorten" }),
    ];
    expect([undo.status, act.status]).toEqual([409, 409]);
    expect(await act.json()).toEqual({ error: { code: "session-busy", message: expect.any(String) } });
    expect((await call("DELETE", `/${session.id}`)).status).toBe(204);
    const events = await eventsOf(response);
    expect(events.at(-1)).toMatchObject({ type: "error", error: { code: "session-deleted" } });
    await expect.poll(() => tiny.server.context.admission.running, { timeout: 60_000 }).toBe(0);
  });

  it("shows a session to its owner only", async () => {
    const session = await open({ translate: false });
    expect(session).toMatchObject({ current: null, translation: null, versions: [] });
    const others = async (method: string, path: string) =>
      (await call(method, path, undefined, undefined, otherKey)).status;
    expect(await others("GET", `/${session.id}`)).toBe(404);
    expect(await others("DELETE", `/${session.id}`)).toBe(404);
    expect(await others("POST", `/${session.id}/undo`)).toBe(404);
    const list = await call("GET", "", undefined, undefined, otherKey);
    expect(await list.json()).toEqual({ data: [] });
    expect((await ask<{ data: Session[] }>("GET", "")).data.map(({ id }) => id)).toEqual([session.id]);
    expect((await call("GET", "", undefined, undefined, "no-key-at-all")).status).toBe(401);
    await call("DELETE", `/${session.id}`);
  });

  it("keeps no more sessions than it may, and says which are gone", async () => {
    const opened: Session[] = [];
    for (let index = 0; index < 6; index++) opened.push(await open({ translate: false }));
    const statuses = await Promise.all(opened.map(async ({ id }) => (await call("GET", `/${id}`)).status));
    expect(statuses).toEqual([410, 410, 200, 200, 200, 200]);
    const gone = await call("GET", `/${opened[0]!.id}`);
    expect(await gone.json()).toEqual({ error: { code: "session-evicted", message: expect.stringMatching(/room/) } });
    for (const { id } of opened) await call("DELETE", `/${id}`);
  });

  it("forgets a session whose first translation fails", async () => {
    const response = await call("POST", "", { text: "the cat", from: "en", to: "de", include: ["x"], forbid: ["x"] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "request-contradictory" } });
    expect((await ask<{ data: Session[] }>("GET", "")).data).toEqual([]);
  });

  it.each<[object, RegExp]>([
    [{}, /text/],
    [{ text: "x" }, /to/],
    [{ text: " ", to: "de" }, /nothing to translate/],
    [{ text: "x", to: "German" }, /'to'/],
    [{ text: "x", from: "de", to: "de" }, /own language/],
    [{ text: "x", to: "de", bogus: 1 }, /bogus/],
    [{ text: "x", to: "de", decoding: { beams: 0 } }, /beams/],
    [{ text: "x", to: "de", decoding: { beams: 64 } }, /sequences/],
    [{ text: "\udc00", to: "de" }, /character/],
    [{ text: "x ".repeat(2000), to: "de" }, /context/],
    [{ text: "x", to: "de", length: { unit: "words", least: 5, most: 2 } }, /./],
  ])("refuses to open what cannot be, %#", async (fields, message) => {
    const response = await call("POST", "", fields);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: expect.any(String), message: expect.stringMatching(message) },
    });
  });

  it("answers any act and any body with a version or a clear refusal", async () => {
    const session = await open();
    const kind = fc.constantFrom(
      "shorten",
      "include-terms",
      "keep-prefix",
      "glossary",
      "insert",
      "switch-language",
      "x",
      "__proto__",
    );
    const value = fc.oneof(
      fc.constantFrom("a", "de", -1, 0, 1, 1e21, null, ["a"], "\0", "formal"),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const field = fc.constantFrom("terms", "most", "prefix", "entries", "text", "language", "unit", "position", "kind");
    const act = fc.tuple(kind, fc.dictionary(field, value)).map(([name, fields]) => ({ kind: name, ...fields }));
    const body = fc.oneof(
      act.map((given) => ({ act: given, decoding: { max_tokens: 8 } })),
      fc.string({ maxLength: 20 }).map((command) => ({ command: `/${command}`, decoding: { max_tokens: 8 } })),
      fc.dictionary(
        fc.constantFrom("act", "command", "typed", "translation", "version", "prefix", "decoding", "seed"),
        value,
      ),
    );
    const where = fc.constantFrom("acts", "acts", "acts", "edit", "checkout", "suggest", "undo", "redo", "nothing");
    await fc.assert(
      fc.asyncProperty(body, where, async (fields, path) => {
        const response = await call("POST", `/${session.id}/${path}`, fields);
        const answer = (await response.json()) as object;
        expect([200, 201, 400, 404]).toContain(response.status);
        if (response.status >= 400) expect(answer).toHaveProperty("error.message");
      }),
      { numRuns: 120 },
    );
    for (const id of ["..%2f..%2fetc", "%00", "x".repeat(5000), "__proto__"])
      expect((await call("GET", `/${id}`)).status).toBe(404);
    expect((await fetch(`${tiny.url}/health`)).status).toBe(200);
    await call("DELETE", `/${session.id}`);
  });
});
