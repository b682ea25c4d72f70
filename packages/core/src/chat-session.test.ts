import { afterEach, describe, expect, it } from "vitest";
import { cpu } from "./cpu/cpu-backend.ts";
import { loadModel } from "./load-model.ts";
import type { Model } from "./model.ts";
import { baylingTemplate } from "./prompt/templates/bayling.ts";
import { expectError } from "./testing/expect-error.ts";
import { tinyGguf } from "./testing/tiny-model.ts";

const models: Model[] = [];
afterEach(async () => {
  for (const model of models.splice(0)) await model.dispose();
});

/** A random model with room for dialogues, whose vocabulary has little more than bytes. */
async function openModel({ contextLength = 1024, maxSequences = 8 } = {}): Promise<Model> {
  const file = await tinyGguf((metadata) => {
    metadata.set("llama.context_length", { type: "uint32", value: contextLength });
  });
  const model = await loadModel(file, { backend: cpu(), contextLength, maxSequences });
  models.push(model);
  return model;
}

const template = baylingTemplate;
const defaults = { maxTokens: 12 };

describe("a chat", () => {
  it("sends what the template says, and remembers what was said", async () => {
    const model = await openModel();
    const chat = await model.chat({ template: "bayling", defaults, system: "Be kind." });
    const reply = chat.send("hello");
    expect(chat.messages).toEqual([]);
    const content = await reply.text();
    expect(reply.finishReason).toBe("length");
    expect(chat.template).toMatchObject({ name: "bayling" });
    expect(chat.messages).toEqual([
      { role: "user", content: "hello" },
      { role: "assistant", content },
    ]);
    const parts = template.render([
      { role: "system", content: "Be kind." },
      { role: "user", content: "hello" },
    ]);
    expect(await model.generate(parts, { ...defaults, addBos: true }).text()).toBe(content);
    chat.dispose();
  });

  it("evaluates only what is new, turn after turn", async () => {
    const model = await openModel();
    const chat = await model.chat({ template, defaults });
    for (const text of ["hello", "the cat sat", "", "again é 你好", "x"]) {
      const before = model.evaluatedTokens;
      const reply = chat.send(text);
      await reply.text();
      const { promptTokens, reusedTokens, generatedTokens } = reply.usage;
      expect(model.evaluatedTokens - before).toBe(promptTokens - reusedTokens + generatedTokens - 1);
      // The markers around a message, its bytes at most, and the last token of the reply before.
      if (chat.messages.length > 2) expect(promptTokens - reusedTokens).toBeLessThanOrEqual(45 + 3 * text.length);
    }
    chat.dispose();
  });

  it("evaluates only new tokens in the second turn of a long dialogue, also when a person wrote the first", async () => {
    const model = await openModel();
    const first = [
      { role: "user", content: "the cat sat ".repeat(15) },
      { role: "assistant", content: " the cat".repeat(15) },
    ] as const;
    const chat = await model.chat({ template, defaults: { maxTokens: 1 }, history: first });
    await chat.send("one").text();
    const second = chat.send("two");
    await second.text();
    expect(second.usage.reusedTokens).toBeGreaterThan(200);
    expect(second.usage.promptTokens - second.usage.reusedTokens).toBeLessThan(50);
    chat.dispose();
  });

  it("goes on with the very tokens that the model wrote, whatever their text would be encoded as", async () => {
    const model = await openModel();
    const chat = await model.chat({ template, defaults: { maxTokens: 30, temperature: 1.5, seed: 3 } });
    const tokens: number[] = [];
    for await (const { token } of chat.send("a")) tokens.push(token);
    chat.append({ role: "user", content: "b" });
    const { tokens: prompt } = chat.prompt();
    const written = model.tokenizer.decode(tokens);
    expect(model.tokenizer.encode(written, { addBos: false })).not.toEqual(tokens);
    expect(prompt.join(" ")).toContain(tokens.join(" "));
    chat.truncate(2);
    expect(chat.prompt().tokens.slice(-tokens.length)).toEqual(tokens);
    chat.truncate(0);
    await expectError("argument-invalid", async () => chat.prompt());
    chat.dispose();
  });

  it("edits an earlier message: what is before it is not evaluated again", async () => {
    const model = await openModel();
    const chat = await model.chat({ template, defaults });
    for (const text of ["first", "second", "third"]) await chat.send(text).text();
    const kept = chat.messages.slice(0, 2);
    const reply = chat.resend(2, "another");
    const content = await reply.text();
    expect(chat.messages).toEqual([...kept, { role: "user", content: "another" }, { role: "assistant", content }]);
    expect(reply.usage.promptTokens - reply.usage.reusedTokens).toBeLessThan(60);
    const fresh = await model.chat({ template, defaults });
    await fresh.send("first").text();
    expect(await fresh.send("another").text()).toBe(content);
    fresh.dispose();
    chat.dispose();
  });

  it("replies again, and differently with another seed", async () => {
    const model = await openModel();
    const chat = await model.chat({ template, defaults: { ...defaults, temperature: 2 } });
    const first = await chat.send("hello", { seed: 1 }).text();
    expect(await chat.retry({ seed: 2 }).text()).not.toBe(first);
    expect(await chat.retry({ seed: 1 }).text()).toBe(first);
    expect(chat.messages).toHaveLength(2);
    chat.dispose();
  });

  it("forks: both go on by themselves, and neither evaluates the beginning again", async () => {
    const model = await openModel();
    const chat = await model.chat({ template, defaults });
    await chat.send("hello").text();
    const before = model.evaluatedTokens;
    const fork = await chat.fork();
    expect(model.evaluatedTokens).toBe(before);
    const [left, right] = [chat.send("left"), fork.send("right")];
    await Promise.all([left.text(), right.text()]);
    for (const { usage } of [left, right]) expect(usage.promptTokens - usage.reusedTokens).toBeLessThan(60);
    expect(chat.messages[2]!.content).toBe("left");
    expect(fork.messages[2]!.content).toBe("right");
    expect(fork.messages.slice(0, 2)).toEqual(chat.messages.slice(0, 2));
    fork.dispose();
    await chat.send("still there").text();
    chat.dispose();
  });

  it("keeps what was read of a reply, and takes a message back of which nothing was", async () => {
    const model = await openModel();
    const chat = await model.chat({ template, defaults });
    for await (const token of chat.send("stop early")) {
      expect(token.text).toBeTypeOf("string");
      break;
    }
    expect(chat.messages).toHaveLength(2);
    const signal = AbortSignal.abort(new Error("no"));
    await expect(chat.send("never", { signal }).text()).rejects.toThrow("no");
    expect(chat.messages).toHaveLength(2);
    await chat.send("go on").text();
    expect(chat.messages).toHaveLength(4);
    chat.dispose();
  });

  it("forgets the oldest turns when the context is full, never the system prompt", async () => {
    const model = await openModel({ contextLength: 400 });
    const chat = await model.chat({ template, defaults, system: "SYSTEM" });
    for (let turn = 0; turn < 12; turn++) {
      const reply = chat.send(`message ${turn}`);
      await reply.text();
      expect(reply.usage.promptTokens + 12).toBeLessThanOrEqual(400);
    }
    expect(chat.messages).toHaveLength(24);
    expect(chat.forgottenMessages).toBeGreaterThan(0);
    expect(chat.forgottenMessages % 2).toBe(0);
    chat.append({ role: "user", content: "now" });
    const { text } = chat.prompt();
    expect(text).toContain("SYSTEM");
    expect(text).not.toContain("message 0");
    await expectError("context-full", async () => chat.resend(0, "long ".repeat(200)));
    chat.dispose();
  });

  it("works where the backend has room for no further sequence", async () => {
    const model = await openModel({ maxSequences: 1 });
    const busy = await model.createSequence();
    const chat = await model.chat({ template, defaults });
    await expectError("sequence-limit", () => chat.send("hello").text());
    busy.dispose();
    await chat.send("hello").text();
    await chat.send("again").text();
    expect(chat.messages).toHaveLength(4);
    chat.dispose();
  });

  it("refuses what cannot be, at once", async () => {
    const model = await openModel();
    const chat = await model.chat({ template, defaults });
    await expectError("argument-invalid", async () => chat.retry());
    await expectError("argument-invalid", async () => chat.send(1 as never));
    await expectError("argument-invalid", async () => chat.send("a", { beams: 0 }));
    await expectError("argument-invalid", async () => chat.resend(0, "a"));
    await expectError("argument-invalid", async () => chat.truncate(1));
    await expectError("argument-invalid", async () => chat.append({ role: "robot" as never, content: "" }));
    await expectError("argument-invalid", () => model.chat({ history: "hi" as never }));
    await expectError("argument-invalid", () => model.chat({ history: [undefined] as never }));
    const [first, second] = [chat.send("a"), chat.send("b")];
    await first.text();
    await expectError("sequence-busy", () => second.text());
    chat.dispose();
    chat.dispose();
    await expectError("disposed", async () => chat.send("a"));
  });
});
