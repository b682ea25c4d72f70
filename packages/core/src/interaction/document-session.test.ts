import { afterEach, describe, expect, it } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import type { Sequence } from "../generation/sequence.ts";
import { loadModel } from "../load-model.ts";
import type { Model } from "../model.ts";
import { expectError } from "../testing/expect-error.ts";
import { tinyGguf } from "../testing/tiny-model.ts";
import { includeTerms } from "./acts/include-terms.ts";
import { rephrase } from "./acts/rephrase.ts";
import { switchLanguage } from "./acts/switch-language.ts";
import { translate } from "./acts/translate.ts";
import type { DocumentSession } from "./document-session.ts";
import { createTranslator, type Translator, type TranslatorOptions } from "./translator.ts";

const maxSequences = 8;
const models: Model[] = [];
afterEach(async () => {
  for (const model of models.splice(0)) await model.dispose();
});

async function open(options: Partial<TranslatorOptions> = {}): Promise<{ model: Model; translator: Translator }> {
  const file = await tinyGguf((metadata) => {
    metadata.set("llama.context_length", { type: "uint32", value: 2048 });
  });
  const model = await loadModel(file, { backend: cpu(), contextLength: 2048, maxSequences });
  models.push(model);
  const given = { from: "en", to: "de", profile: "chat", template: "bayling", decoding: { maxTokens: 6, beams: 1 } };
  return { model, translator: await createTranslator(model, { ...given, ...options }) };
}

async function read(run: AsyncIterable<{ readonly index: number }>): Promise<number[]> {
  const indices: number[] = [];
  for await (const { index } of run) indices.push(index);
  return indices;
}

const texts = ({ sessions }: DocumentSession) => sessions.map((session) => session.text);
const text = "  The cat. The b!\n\nA cat sat.\n";

/** What sessions and suggestions of a model write on from now on. */
function sequencesOf(model: Model): Set<Sequence> {
  const sequences = new Set<Sequence>();
  const createSequence = model.createSequence.bind(model);
  model.createSequence = async (options) => {
    const sequence = await createSequence(options);
    sequences.add(sequence);
    return sequence;
  };
  return sequences;
}

/** Whether nothing is left of what a document wrote on, forks of beams included. */
async function expectFreed(model: Model, used: Set<Sequence>): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  expect([...used].every(({ disposed }) => disposed)).toBe(true);
  const all = await Promise.all(Array.from({ length: maxSequences }, () => model.createSequence()));
  for (const sequence of all) sequence.dispose();
}

describe("a run through a document", () => {
  it("keeps others out while it is read, and frees all it used", async () => {
    const { model, translator } = await open();
    const used = sequencesOf(model);
    const document = translator.openDocument(text);
    const run = document.translate();
    await run.next();
    await expectError("sequence-busy", () => read(document.translate()));
    await expectError("sequence-busy", () => read(document.apply(rephrase())));
    await expectError("sequence-busy", async () => document.undo());
    await expectError("sequence-busy", async () => document.redo());
    expect(await read(run)).toEqual([1, 2]);
    const again = await Promise.allSettled([read(document.apply(rephrase())), read(document.apply(rephrase()))]);
    expect(again.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(document.sessions.map((session) => session.versions.length)).toEqual([2, 2, 2]);
    document.dispose();
    await expectFreed(model, used);
  });

  it("lets others in when it was left or has failed", async () => {
    const { translator } = await open();
    const document = translator.openDocument(text);
    for await (const _step of document.translate()) break;
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(read(document.translate({ signal }))).rejects.toThrow("enough");
    expect(await read(document.translate())).toEqual([1, 2]);
    document.dispose();
  });

  it.each([0, 1])("ends when the document is disposed in segment %i", async (segment) => {
    const { model, translator } = await open({ decoding: { maxTokens: 24, beams: 2 } });
    const used = sequencesOf(model);
    const document = translator.openDocument(text);
    const run = document.translate();
    for (let index = 0; index < segment; index++) await run.next();
    const next = run.next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    document.dispose();
    await expectError("disposed", () => next);
    expect(document.sessions.length).toBe(segment);
    for (const session of document.sessions) await expectError("disposed", async () => session.apply(translate()));
    await expectError("disposed", () => read(document.translate()));
    await expectError("disposed", () => read(document.apply(rephrase())));
    await expectError("disposed", async () => document.undo());
    document.dispose();
    await expectFreed(model, used);
  });

  it("stores nothing once the document is disposed, also where the segment could be finished", async () => {
    const { translator } = await open();
    const document = translator.openDocument(text);
    const run = document.translate();
    await run.next();
    const turn = document.sessions[0]!.apply(rephrase())[Symbol.asyncIterator]();
    await turn.next();
    // The turn has the document's sequence, so this segment is written on one that stays.
    const next = run.next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    document.dispose();
    await expectError("disposed", () => next);
    expect(document.sessions.length).toBe(1);
    await turn.return();
  });

  it("refuses segments that are not translated, and what are none", async () => {
    const { translator } = await open();
    const document = translator.openDocument(text);
    for await (const _step of document.translate()) break;
    for (const segments of [[1], [0, 9], [-1], 0, "0"] as never[]) {
      await expectError("argument-invalid", () => read(document.apply(rephrase(), { segments })));
    }
    await expectError("argument-invalid", () => read(document.apply(rephrase(), null as never)));
    await expectError("argument-invalid", () => read(document.apply("shorter" as never)));
    document.undo();
    await expectError("argument-invalid", async () => document.undo());
    document.dispose();
  });
});

describe("the history of a document", () => {
  it("survives an undo in the middle of a run, and of a segment's own turn", async () => {
    const { translator } = await open();
    const document = translator.openDocument(text);
    await read(document.translate());
    const translated = texts(document);
    const run = document.apply(includeTerms(["b"]));
    await run.next();
    await expectError("sequence-busy", async () => document.undo());
    await read(run);
    const changed = texts(document);
    expect(changed).not.toEqual(translated);
    const turn = document.sessions[2]!.apply(rephrase())[Symbol.asyncIterator]();
    await turn.next();
    await expectError("sequence-busy", async () => document.undo());
    expect(texts(document)).toEqual(changed);
    await turn.return();
    document.undo();
    expect(texts(document)).toEqual(translated);
    document.redo();
    expect(texts(document)).toEqual(changed);
    document.dispose();
  });

  it("is left alone by runs that do nothing", async () => {
    const { translator } = await open();
    const document = translator.openDocument(text);
    await read(document.translate());
    await read(document.apply(includeTerms(["b"])));
    const changed = texts(document);
    document.undo();
    await read(document.translate());
    await read(document.apply(rephrase(), { segments: [] }));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(read(document.apply(rephrase(), { signal }))).rejects.toThrow("enough");
    document.redo();
    expect(texts(document)).toEqual(changed);
    document.dispose();
  });
});

describe("segments of a document", () => {
  it("are translated with what stands before them at that time", async () => {
    const { translator } = await open();
    const document = translator.openDocument(text, { contextSize: 1 });
    await read(document.translate());
    const [first, second] = document.sessions;
    expect(second!.current!.reply!.instruction).toContain(first!.text);
    second!.undo();
    first!.edit("Ein ganz anderer Satz");
    await second!.apply(translate()).version();
    expect(second!.current!.reply!.instruction).toContain("Ein ganz anderer Satz");
    document.dispose();
  });

  it("are joined as the language has it into which each was translated", async () => {
    const { translator } = await open({ to: "zh" });
    const document = translator.openDocument("The cat. The b! A cat.");
    await read(document.translate());
    await read(document.apply(switchLanguage("de"), { segments: [1] }));
    const [one, two, three] = texts(document);
    expect(document.text).toBe(`${one}${two} ${three}`);
    document.undo();
    document.undo();
    for await (const _step of document.translate()) break;
    expect(document.text).toBe(`${document.sessions[0]!.text}The b! A cat.`);
    document.dispose();
  });

  it("need no sequence each", async () => {
    const { model, translator } = await open({ decoding: { maxTokens: 4, beams: 5 } });
    const document = translator.openDocument(Array.from({ length: 30 }, () => "cat").join("\n"));
    const used = sequencesOf(model);
    expect(await read(document.translate())).toHaveLength(30);
    expect(document.complete).toBe(true);
    expect(used.size).toBe(1);
    document.dispose();
    await expectFreed(model, used);
  });

  it.each([1, 2])("write the same alone and beside each other with %i beams", async (beams) => {
    const { translator } = await open({ decoding: { maxTokens: 12, beams } });
    const alone = translator.openDocument(text);
    await read(alone.translate());
    const scores = await alone.sessions[0]!.words();
    await read(alone.apply(rephrase(), { segments: [1, 2] }));
    const together = translator.openDocument(text);
    await read(together.translate());
    const [first, second, third] = together.sessions;
    const turns = [second!.apply(rephrase()).version(), third!.apply(rephrase()).version()];
    // Close to each other, not the same: batches are summed in another order.
    const words = (await first!.words()).map(({ text, logprob }) => ({ text, logprob }));
    await Promise.all(turns);
    expect(texts(together)).toEqual(texts(alone));
    expect(words.map((word) => word.text)).toEqual(scores.map((word) => word.text));
    for (const [index, { logprob }] of words.entries()) {
      expect(logprob).toBeCloseTo(scores[index]!.logprob, 4);
    }
    alone.dispose();
    together.dispose();
  });
});
