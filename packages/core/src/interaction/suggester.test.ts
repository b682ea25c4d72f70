import { afterEach, describe, expect, it, vi } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import { keepPrefix } from "../generation/constraints/keep-prefix.ts";
import { loadModel } from "../load-model.ts";
import type { Model } from "../model.ts";
import { expectError } from "../testing/expect-error.ts";
import { tinyGguf } from "../testing/tiny-model.ts";
import { Suggester, type SuggestionRequest, type SuggestOptions } from "./suggester.ts";
import { createTranslator } from "./translator.ts";

const models: Model[] = [];
afterEach(async () => {
  for (const model of models.splice(0)) await model.dispose();
});

async function open(): Promise<{ model: Model; suggester: Suggester; created: () => { disposed: boolean }[] }> {
  const file = await tinyGguf((metadata) => {
    metadata.set("llama.context_length", { type: "uint32", value: 512 });
  });
  const model = await loadModel(file, { backend: cpu(), contextLength: 512 });
  models.push(model);
  const spy = vi.spyOn(model, "createSequence");
  const created = () => spy.mock.settledResults.flatMap(({ type, value }) => (type === "fulfilled" ? [value] : []));
  return { model, suggester: new Suggester(model), created };
}

function requestFor(typed: string, details: Partial<SuggestionRequest> = {}): () => SuggestionRequest {
  return () => ({ prompt: [1, 260, 264], typed, constraints: [], leadingSpace: false, stopTokens: [], ...details });
}

/** Lets everything run that waits for nothing but its turn. */
const idle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe("a continuation", () => {
  it.each(["the cat\nthe", "the cat\n", "\n", "a\n\n", "the cat\nthe cat sat b"])("goes on from %j", async (typed) => {
    const { model } = await open();
    const options = { from: "en", to: "de", profile: "bayling", template: "bayling" } as const;
    const session = (await createTranslator(model, options)).open("the cat sat");
    const texts: string[] = [];
    const { continuation, superseded } = await session.suggest(typed, { onText: (text) => texts.push(text) });
    expect(superseded).toBe(false);
    expect(continuation).toBe(texts.at(-1) ?? "");
    expect(continuation).not.toContain("\n");
    session.dispose();
  });

  // What is written is forced, so that it is known where it has to end.
  it.each<[typed: string, written: string, continuation: string, leadingSpace: boolean]>([
    ["the cat\nthe", "the cat\nthe best a\nrest", " best a", false],
    ["the cat\n", "the cat\nab cat\nc", "ab cat", false],
    ["the cat\n", "the cat\n\nab", "", false],
    ["the cat\nthe ca", "the cat\nthe cat\r\nab", "t", false],
    ["the ca", "the cat b\rab", "t b", false],
    ["the cat\nthe", "the cat\nthe best\nrest", " best", true],
    ["the", "the cat sat b", " cat sat b", true],
    ["", "the cat", "the cat", true],
    [" the", " the cat", " cat", true],
    [" the cat", " the cat sat", " sat", true],
    ["the cat", "the cat sat", " sat", true],
  ])("of %j within %j is %j", async (typed, written, expected, leadingSpace) => {
    const { suggester } = await open();
    const texts: string[] = [];
    const { continuation } = await suggester.suggest(
      requestFor(typed, { constraints: [keepPrefix(written)], leadingSpace }),
      { maxTokens: 40, onText: (text) => texts.push(text) },
    );
    const [line] = continuation.split("\n") as [string];
    expect(line).toBe(continuation);
    if (/[\r\n]/.test(written.slice(typed.length))) expect(continuation).toBe(expected);
    else expect(continuation.startsWith(expected)).toBe(true);
    for (const text of texts) expect(continuation.startsWith(text)).toBe(true);
    suggester.dispose();
  });
});

describe("a suggester that is disposed", () => {
  it("gives up what waits and what runs, makes nothing more, and frees its sequence", async () => {
    const { suggester, created } = await open();
    const first = suggester.suggest(requestFor("x"), {});
    const second = suggester.suggest(requestFor("xy"), {});
    suggester.dispose();
    const givenUp = { continuation: "", superseded: true };
    expect(await Promise.all([first, second])).toEqual([givenUp, givenUp]);
    await idle();
    expect(created().filter(({ disposed }) => !disposed)).toEqual([]);
  });

  it("ends a run while it evaluates", async () => {
    const { model, suggester, created } = await open();
    const run = suggester.suggest(requestFor("the", { constraints: [keepPrefix("the cat ".repeat(30))] }), {
      maxTokens: 300,
    });
    while (model.evaluatedTokens === 0) await new Promise((resolve) => setTimeout(resolve));
    suggester.dispose();
    expect((await run).superseded).toBe(true);
    await idle();
    expect(created().map(({ disposed }) => disposed)).toEqual([true]);
    const evaluated = model.evaluatedTokens;
    await idle();
    expect(model.evaluatedTokens).toBe(evaluated);
  });

  it("says nothing more to who has heard some of it", async () => {
    const { suggester, created } = await open();
    const texts: string[] = [];
    const { superseded } = await suggester.suggest(
      requestFor("the", { constraints: [keepPrefix("the cat sat b c")] }),
      {
        onText: (text) => {
          texts.push(text);
          suggester.dispose();
          suggester.dispose();
        },
      },
    );
    expect(superseded).toBe(true);
    expect(texts).toHaveLength(1);
    await idle();
    expect(created().map(({ disposed }) => disposed)).toEqual([true]);
  });

  it("refuses later calls", async () => {
    const { suggester, created } = await open();
    suggester.dispose();
    await expectError("disposed", () => suggester.suggest(requestFor("x"), {}));
    expect(created()).toEqual([]);
  });
});

describe("options of a suggestion", () => {
  it.each([
    { maxTokens: null },
    { maxTokens: 0 },
    { maxTokens: Number.NaN },
    { maxTokens: -5 },
    { maxTokens: 1.5 },
    { maxTokens: Infinity },
    { maxTokens: "3" },
    { onText: 5 },
    { onText: null },
  ])("%j is refused, and gives nothing up", async (options) => {
    const { suggester } = await open();
    const running = suggester.suggest(requestFor("the"), {});
    await expectError("argument-invalid", () => suggester.suggest(requestFor("a"), options as SuggestOptions));
    expect((await running).superseded).toBe(false);
    suggester.dispose();
  });

  it("maxTokens is what may follow", async () => {
    const { suggester } = await open();
    const constraints = [keepPrefix("the cat")];
    const { continuation } = await suggester.suggest(requestFor("the", { constraints }), { maxTokens: 1 });
    expect(continuation).not.toBe("");
    expect(" cat".startsWith(continuation)).toBe(true);
    suggester.dispose();
  });
});
