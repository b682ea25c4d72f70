import { afterEach, describe, expect, it } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import { loadModel } from "../load-model.ts";
import type { Model } from "../model.ts";
import { expectError } from "../testing/expect-error.ts";
import { tinyGguf } from "../testing/tiny-model.ts";
import { ask } from "./acts/ask.ts";
import { forbidTerms } from "./acts/forbid-terms.ts";
import { glossary } from "./acts/glossary.ts";
import { includeTerms } from "./acts/include-terms.ts";
import { keepPrefix } from "./acts/keep-prefix.ts";
import { rephrase } from "./acts/rephrase.ts";
import { shorten } from "./acts/shorten.ts";
import { translate } from "./acts/translate.ts";
import { defineAct } from "./define-act.ts";
import { chatProfile } from "./profiles/chat.ts";
import { createTranslator, type Translator, type TranslatorOptions } from "./translator.ts";

const models: Model[] = [];
afterEach(async () => {
  for (const model of models.splice(0)) await model.dispose();
});

/** A random model: what it writes is noise, so what is right about it is not its doing. */
async function open({
  contextLength = 2048,
  ...options
}: Partial<TranslatorOptions> & { contextLength?: number } = {}): Promise<{ model: Model; translator: Translator }> {
  const file = await tinyGguf((metadata) => {
    metadata.set("llama.context_length", { type: "uint32", value: 2048 });
  });
  const model = await loadModel(file, { backend: cpu(), contextLength });
  models.push(model);
  const given = { from: "en", to: "de", profile: "bayling", template: "bayling", ...options };
  return { model, translator: await createTranslator(model, { decoding: { maxTokens: 24, beams: 1 }, ...given }) };
}

const source = "the cat sat";

describe("a translation session", () => {
  it("translates, goes on in the same dialogue, and reuses what was evaluated", async () => {
    const { translator } = await open();
    const session = await translator.translate(source);
    const first = session.current!;
    expect(first.reply!.instruction).toBe("Provide the German translation for this sentence: the cat sat");
    expect(session.text).toBe(first.translation);
    const turn = session.apply(rephrase());
    let text = "";
    for await (const token of turn) text += token.text;
    const second = await turn.version();
    expect(second).toBe(session.current);
    expect(text.trim().replaceAll("\n", " ")).toBe(second.translation);
    expect(second.parent).toBe(first.id);
    expect(second.reply!.usage.reusedTokens).toBeGreaterThanOrEqual(first.reply!.written.prompt.tokens.length);
    expect(second.reply!.written.prompt.text).toContain(`### Response:\n${first.translation}`);
    session.dispose();
  });

  it("keeps what was asked for in all later turns, and says what is guaranteed", async () => {
    const { translator } = await open();
    const session = translator.open(source);
    await session.apply(translate()).version();
    const included = await session.apply(includeTerms(["b", ["the cat", "cats"]])).version();
    expect(included.reply!.verdict.outcome).toBe("pass");
    expect(included.reply!.guaranteed[0]).toMatch(/^require "b", "the cat"/);
    const forbidden = await session.apply(forbidTerms(["a"])).version();
    const last = await session.apply(rephrase()).version();
    for (const { translation } of [included, forbidden, last]) {
      expect(translation).toMatch(/(?<![\p{L}\d])b(?![\p{L}\d])/u);
      expect(translation).toMatch(/the cat|cats/);
    }
    for (const { checks } of [forbidden, last]) {
      const rules = Object.fromEntries(checks.map(({ rule, verdict }) => [rule, verdict.outcome]));
      expect(rules).toMatchObject({ 'include "b"': "pass", 'forbid "a"': expect.stringMatching(/pass|unknown/) });
    }
    session.dispose();
  });

  it("asks for glossary terms only where the source has them", async () => {
    const { translator } = await open();
    const session = translator.open(source);
    const entries = [
      { source: "cat", targets: ["é"] },
      { source: "dog", targets: ["好"] },
    ];
    const version = await session.apply(glossary(entries)).version();
    expect(version.reply!.guaranteed).toEqual(['require "é"']);
    expect(version.translation).toContain("é");
    session.dispose();
  });

  it("undoes, redoes and branches", async () => {
    const { translator } = await open();
    const session = await translator.translate(source);
    const first = session.current!;
    const left = await session.apply(includeTerms(["b"])).version();
    expect(session.undo()).toBe(first);
    expect(session.state.required).toEqual([]);
    const right = await session.apply(includeTerms(["c"])).version();
    expect(right.parent).toBe(first.id);
    expect(session.state.required).toEqual([{ forms: ["c"] }]);
    session.goTo(left.id);
    expect(session.text).toBe(left.translation);
    session.undo();
    session.undo();
    expect(session.text).toBe("");
    expect(session.redo()).toBe(first);
    expect(session.redo()).toBe(left);
    session.dispose();
  });

  it("goes on from what a person wrote in its place", async () => {
    const { translator } = await open();
    const session = await translator.translate(source);
    const edited = session.edit("die Katze saß");
    expect(edited).toMatchObject({ translation: "die Katze saß", reply: undefined });
    const next = await session.apply(rephrase()).version();
    expect(next.reply!.written.prompt.text).toContain("### Response:\ndie Katze saß</s>");
    session.dispose();
  });

  it("writes again: differently with another seed, and from any word on", async () => {
    const { translator } = await open({ mode: "draft" });
    const session = await translator.translate(source, { decoding: { seed: 1 } });
    const first = session.current!;
    const second = await session.regenerate({ decoding: { seed: 2 } }).version();
    expect(second.parent).toBe(first.parent);
    expect(second.translation).not.toBe(first.translation);
    const bytes = new TextEncoder().encode("die Katze sä").slice(0, -1);
    const kept = await session.regenerate({ prefix: bytes }).version();
    expect(new TextEncoder().encode(kept.translation).slice(0, bytes.length)).toEqual(bytes);
    expect(kept.checks.find(({ rule }) => rule === "prefix")?.verdict.outcome).toBe("pass");
    expect(session.state.prefix).toBeUndefined();
    session.dispose();
  });

  it("scores words, offers others, and goes on from one that is taken", async () => {
    const { translator } = await open({ template: "plain", decoding: { maxTokens: 12, beams: 1 } });
    const session = translator.open(source);
    await session.apply(translate(), { prefix: "the cat a b" }).version();
    const words = await session.words();
    expect(words.slice(0, 2).map(({ text }) => text)).toEqual(["the", "cat"]);
    for (const { text, start, end, confidence } of words) {
      expect(session.text.slice(start, end)).toBe(text);
      expect(confidence).toBeGreaterThan(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
    const alternatives = await session.alternatives(1, { count: 3 });
    for (const [index, { text, prefix, probability }] of alternatives.entries()) {
      expect(prefix).toBe(`the ${text}`);
      expect(probability).toBeLessThanOrEqual(alternatives[index - 1]?.probability ?? 1);
    }
    expect(new Set(alternatives.map(({ text }) => text)).size).toBe(alternatives.length);
    const taken = await session.regenerate({ prefix: alternatives[0]!.prefix }).version();
    expect(taken.translation!.startsWith(alternatives[0]!.prefix)).toBe(true);
    session.edit("the cat");
    const edited = await session.words();
    expect(edited.map(({ text }) => text)).toEqual(["the", "cat"]);
    for (const { firstToken, endToken } of edited) expect(endToken).toBeGreaterThan(firstToken);
    await expectError("argument-invalid", () => session.alternatives(99));
    session.dispose();
  });

  it("suggests how typing goes on, and gives up what nobody waits for", async () => {
    const { model, translator } = await open();
    const session = await translator.translate(source);
    const texts: string[] = [];
    const first = await session.suggest("the c", { onText: (text) => texts.push(text) });
    expect(first.superseded).toBe(false);
    expect(texts.at(-1)).toBe(first.continuation);
    const before = model.evaluatedTokens;
    const all = await Promise.all(
      ["the ca", "the cat", "the cat ", "the cat s"].map((typed) => session.suggest(typed)),
    );
    expect(all.map(({ superseded }) => superseded)).toEqual([true, true, true, false]);
    expect(model.evaluatedTokens - before).toBeLessThan(60);
    const again = await session.suggest("the cat s");
    expect(again).toEqual(all[3]);
    session.dispose();
  });

  it("refuses what contradicts itself before anything runs", async () => {
    const { model, translator } = await open();
    const session = await translator.translate(source);
    await session.apply(includeTerms(["b"])).version();
    const before = model.evaluatedTokens;
    await expectError("request-contradictory", async () => session.apply(forbidTerms(["b"])));
    expect(model.evaluatedTokens).toBe(before);
    expect(session.versions).toHaveLength(2);
    session.dispose();
  });

  it("stays as it was when a turn fails, is aborted or is not read to its end", async () => {
    const { translator } = await open();
    const session = await translator.translate(source);
    const { current } = session;
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(session.apply(rephrase(), { signal }).version()).rejects.toThrow("enough");
    const turn = session.apply(rephrase());
    for await (const token of turn) {
      expect(token.text).toBeTypeOf("string");
      await expectError("sequence-busy", () => session.apply(shorten()).version());
      expect(() => session.undo()).toThrow("another turn");
      break;
    }
    await expectError("argument-invalid", () => turn.version());
    expect(session.current).toBe(current);
    const stale = session.apply(rephrase());
    await session.apply(rephrase()).version();
    await expectError("sequence-busy", () => stale.version());
    session.dispose();
    await expectError("disposed", async () => session.apply(rephrase()));
  });

  it("takes an act of one's own", async () => {
    const { translator } = await open();
    const shout = defineAct<{ readonly sign: string }>({
      kind: "shout",
      replies: "translation",
      read: (fields) => ({ sign: fields.text("sign") }),
      say: ({ sign }) => `End with ${sign}.`,
      apply: ({ sign }, state) => ({ ...state, required: [...state.required, { forms: [sign] }] }),
      verify: ({ sign }, reply) => ({ outcome: reply.includes(sign) ? "pass" : "fail", reason: "it was looked for" }),
    });
    const session = await translator.translate(source);
    const version = await session.apply(shout.create({ sign: "!!!" })).version();
    expect(version.reply).toMatchObject({ instruction: "End with !!!.", verdict: { outcome: "pass" } });
    session.dispose();
  });
});

describe("a session keeps to what is asked", () => {
  const prompts = (session: Awaited<ReturnType<Translator["translate"]>>) =>
    session.current!.reply!.written.prompt.text;

  it("puts an edited translation in the place of the last one, and not of words about it", async () => {
    const { translator } = await open();
    const session = await translator.translate(source);
    const { text: answer } = (await session.apply(ask("why that?")).version()).reply!;
    session.edit("EDITED");
    await session.apply(rephrase()).version();
    expect(prompts(session)).toContain(`### Response:\nEDITED</s>`);
    expect(prompts(session)).toContain(`### Response:\n${answer}`);
    session.dispose();
  });

  it("shows the text that a person translated without the model", async () => {
    const { translator } = await open();
    const session = translator.open(source);
    session.edit("die Katze");
    await session.apply(rephrase()).version();
    expect(prompts(session)).toContain(`for this sentence: ${source}`);
    expect(prompts(session)).toContain("### Response:\ndie Katze</s>");
    session.dispose();
  });

  it("never loses sight of the text when the dialogue outgrows the context", async () => {
    const { translator } = await open({ contextLength: 700, decoding: { maxTokens: 60, beams: 1 } });
    const session = await translator.translate("the cat sat on QQQ");
    for (let turn = 0; turn < 4; turn++) await session.apply(rephrase()).version();
    expect(prompts(session)).toContain("QQQ");
    expect(session.current!.reply!.notes).toContain(
      "earlier requests no longer fit the context; text and translation do",
    );
    session.dispose();
  });

  it("begins translations with a kept prefix, and no answers", async () => {
    const { translator } = await open();
    const session = await translator.translate(source);
    await session.apply(keepPrefix("the cat the ca")).version();
    const answer = await session.apply(ask("why?")).version();
    expect(answer.reply!.text.startsWith("the cat")).toBe(false);
    expect((await session.apply(rephrase()).version()).translation!.startsWith("the cat the ca")).toBe(true);
    session.dispose();
  });

  it("keeps the space that a person typed, where the model writes one, too", async () => {
    const { translator } = await open({ template: "llama-2", profile: "chat" });
    const session = translator.open(source);
    for (const prefix of [" the cat", "the cat", " ", "  x"]) {
      const { translation } = await session.apply(translate(), { prefix }).version();
      expect(translation!.startsWith(prefix)).toBe(true);
      session.undo();
    }
    await session.apply(translate()).version();
    await expectError("argument-invalid", () => session.alternatives(0, { count: -1 }));
    session.dispose();
  });

  it("guarantees what is left of a reply when it has been cleaned", async () => {
    const { translator } = await open({ profile: { ...chatProfile, clean: (reply) => reply.replace(/^.*: /s, "") } });
    const session = await translator.translate(source);
    const version = await session.apply(includeTerms(["b: c"])).version();
    expect(version.translation).toContain("b: c");
    expect(version.reply!.guaranteed).toEqual(['require "b: c"']);
    session.dispose();
  });

  it("ends where a stop string begins", async () => {
    const template = { name: "own", stop: ["at"], render: () => [{ text: "a", parseSpecial: false }] };
    const { translator } = await open({ template, profile: "chat" });
    const session = translator.open(source);
    const turn = session.apply(translate(), { prefix: "the c" });
    const pieces: string[] = [];
    for await (const { text } of turn) pieces.push(text);
    const { translation } = await turn.version();
    expect(translation).not.toContain("at");
    expect(translation!.endsWith(pieces.join("").slice(-3))).toBe(true);
    session.dispose();
  });

  it("makes room for other sessions, and goes on", async () => {
    const { model, translator } = await open({ decoding: { beams: 5, maxTokens: 8 } });
    const sessions: Awaited<ReturnType<Translator["translate"]>>[] = [];
    for (let index = 0; index < 12; index++) sessions.push(await translator.translate(`the cat ${index}`));
    await sessions[0]!.apply(rephrase()).version();
    await sessions[0]!.suggest("the c");
    for (const session of sessions) session.dispose();
    const left = await Promise.all(Array.from({ length: 6 }, () => model.createSequence()));
    for (const sequence of left) sequence.dispose();
  });

  it("can be disposed while a turn runs", async () => {
    const { translator } = await open();
    const session = await translator.translate(source);
    const turn = session.apply(rephrase()).version();
    const ended = expectError("disposed", () => turn);
    await new Promise((resolve) => setTimeout(resolve, 5));
    session.dispose();
    await Promise.race([ended, turn.catch(() => {})]);
    const unread = translator.open(source).apply(translate());
    await unread[Symbol.asyncIterator]().return();
    await expectError("argument-invalid", () => unread.version());
  });
});

describe("models that were taught translation only", () => {
  it("are told everything anew, held to what decoding can enforce, and it is said", async () => {
    const { translator } = await open({ profile: "alma", template: "plain" });
    const session = await translator.translate(source);
    const version = await session.apply(includeTerms(["b"])).version();
    expect(version.translation).toContain("b");
    expect(version.reply!.instruction).toBe(session.versions[0]!.reply!.instruction);
    expect(version.reply!.notes).toEqual([
      'alma was not taught to follow "include-terms": the text is translated anew, and decoding holds it to require "b"',
    ]);
    const register = await session.apply(rephrase()).version();
    expect(register.reply!.notes[0]).toMatch(/was not taught to follow "rephrase"/);
    await expectError("capability-missing", async () => session.apply(ask("why?")));
    session.dispose();
  });
});

describe("models that a recipe taught", () => {
  it("are told once what is asked for, in the words of acts", async () => {
    const { translator } = await open({ profile: "acts" });
    const session = translator.open(source, { requirements: { forbidden: [{ term: "c" }] } });
    const { reply } = await session.apply(includeTerms(["b"])).version();
    expect(reply!.instruction.match(/“b”/gu)).toHaveLength(1);
    expect(reply!.instruction).toContain("“c”");
    expect(reply!.instruction.endsWith(source)).toBe(true);
    session.dispose();
    // What no state carries has to be said.
    const other = translator.open(source);
    expect((await other.apply(rephrase()).version()).reply!.instruction.split("\n")).toHaveLength(2);
    // What a person types is no part of it.
    const typed = translator.open(source);
    const version = await typed.apply(translate(), { prefix: "a" }).version();
    expect(version.reply!.instruction).not.toContain("“a”");
    expect(version.translation!.startsWith("a")).toBe(true);
    for (const one of [other, typed]) one.dispose();
  });
});

describe("words about a translation", () => {
  it("leave it as it is", async () => {
    const { translator } = await open();
    const session = translator.open(source);
    await expectError("argument-invalid", async () => session.apply(ask("why?")));
    await session.apply(translate()).version();
    const before = session.text;
    const version = await session.apply(ask("Why that word?")).version();
    expect(version.translation).toBe(before);
    expect(version.reply!.verdict.outcome).not.toBe("pass");
    expect(session.text).toBe(before);
    await session.apply(rephrase()).version();
    session.dispose();
  });
});

describe("what a translator refuses", () => {
  it.each([
    [{ from: "xx-nope" }, "language-unknown"],
    [{ to: "en" }, "argument-invalid"],
    [{ profile: "nobody" }, "argument-invalid"],
    [{ template: "nothing" }, "argument-invalid"],
    [{ mode: "wild" }, "argument-invalid"],
    [{ profile: {} }, "argument-invalid"],
    [{ profile: 5 }, "argument-invalid"],
    [{ protect: 5 }, "argument-invalid"],
    [{ protect: ["tags"] }, "argument-invalid"],
    [{ requirements: 5 }, "argument-invalid"],
    [{ requirements: { forbiden: [] } }, "argument-invalid"],
    [{ decoding: null }, "argument-invalid"],
  ])("%j", async (options, code) => {
    await expectError(code as never, () => open(options as never));
  });

  it("an empty text, and what is none", async () => {
    const { translator } = await open();
    for (const text of ["", " \n", 5, undefined])
      await expectError("argument-invalid", async () => translator.open(text as never));
    const session = translator.open("a");
    await expectError("argument-invalid", async () => session.apply("shorter" as never));
    await expectError("argument-invalid", async () => session.edit(1 as never));
    await expectError("argument-invalid", () => session.suggest(1 as never));
    await expectError("argument-invalid", () => session.words());
    await expectError("argument-invalid", async () => session.regenerate());
    for (const options of [
      { mode: "wild" },
      { decoding: 5 },
      { decoding: { maxTokens: -5 } },
      { prefix: null },
      null,
    ]) {
      await expectError("argument-invalid", async () => session.apply(translate(), options as never));
    }
    expect(() => session.goTo("length" as never)).toThrow("no such version");
    await session.apply(translate(), { mode: "draft", decoding: { temperature: 1 } }).version();
  });
});

describe("a long text", () => {
  const text = "  The cat. The b!\n\nA cat sat.\n";

  it("is translated sentence by sentence, with those before in view, in its own layout", async () => {
    const { translator } = await open({ profile: "chat" });
    const document = translator.openDocument(text);
    expect(document.sources).toEqual(["The cat.", "The b!", "A cat sat."]);
    expect(document.text).toBe(text);
    for await (const { index } of document.translate()) if (index === 0) break;
    expect(document.complete).toBe(false);
    for await (const _step of document.translate());
    expect(document.complete).toBe(true);
    const [one, two, three] = document.sessions.map((session) => session.text);
    expect(document.text).toBe(`  ${one} ${two}\n\n${three}\n`);
    expect(document.sessions[2]!.current!.reply!.instruction).toContain("The b!");
    for await (const _step of document.apply(includeTerms(["b"]), { segments: [0, 2] }));
    expect(document.sessions[0]!.text).toContain("b");
    document.undo();
    expect(document.sessions.map((session) => session.text)).toEqual([one, two, three]);
    document.redo();
    expect(document.sessions[2]!.text).toContain("b");
    document.undo();
    document.undo();
    expect(document.complete).toBe(false);
    for await (const _step of document.translate());
    expect(document.complete).toBe(true);
    document.dispose();
  });
});
