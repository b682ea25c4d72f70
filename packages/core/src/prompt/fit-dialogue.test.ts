import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dialogueOf } from "../testing/dialogues.ts";
import { expectError } from "../testing/expect-error.ts";
import type { TextPart } from "../tokenizer/tokenizer.ts";
import { builtInTemplates, templateByName } from "./built-in-templates.ts";
import type { ChatMessage } from "./chat-template.ts";
import { fitDialogue } from "./fit-dialogue.ts";

/** A token a character. */
const count = (parts: readonly TextPart[]) => parts.reduce((sum, { text }) => sum + text.length, 0);

const template = templateByName("plain");
const fit = (messages: readonly ChatMessage[], maxTokens: number) =>
  fitDialogue(messages, { template, maxTokens, count });

describe("a dialogue that is too long", () => {
  it("is left alone while it fits", () => {
    const messages = dialogueOf("s: system", "u: 12345", "a: 12345", "u: 12345");
    expect(fit(messages, 21)).toEqual({ messages, dropped: 0, tokens: 21 });
  });

  it("drops its oldest turns in pairs, and frees a quarter", () => {
    const lines = Array.from(
      { length: 21 },
      (_, turn) => `${turn % 2 === 0 ? "u" : "a"}: ${String(turn).padStart(10, "0")}`,
    );
    const messages = dialogueOf("s: system", ...lines);
    const fitted = fit(messages, 200);
    expect(fitted.messages).toEqual([messages[0], ...messages.slice(9)]);
    expect(fitted).toMatchObject({ dropped: 8, tokens: 136 });
  });

  it("never drops the system prompt or the last words", async () => {
    const messages = dialogueOf("s: system", "u: old", "a: reply", "u: 1234567890");
    expect(fit(messages, 16)).toEqual({ messages: [messages[0], messages[3]], dropped: 2, tokens: 16 });
    const error = await expectError("context-full", () => fit(messages, 15));
    expect(error).toMatchObject({ expected: "at most 15 tokens, which leaves room for a reply", received: "16" });
    await expectError("context-full", () => fit(messages.slice(3), 9));
    for (const wrong of [Number.NaN, "5", undefined, 1.5]) {
      await expectError("argument-invalid", () => fit(messages, wrong as number));
    }
  });

  it("keeps a question with its reply, and the reply that is continued with its question", () => {
    const messages = dialogueOf("u: one", "u: two", "a: three", "a: four", "u: five", "a: si");
    const options = { template, maxTokens: 8, count, render: { continueLast: true } };
    expect(fitDialogue(messages, options)).toMatchObject({ dropped: 4, messages: messages.slice(4) });
  });

  it("is rendered a few times only, however long it is", () => {
    let renderings = 0;
    const counted = (parts: readonly TextPart[]) => {
      renderings++;
      return count(parts);
    };
    const lines = Array.from({ length: 10_001 }, (_, turn) => `${turn % 2 === 0 ? "u" : "a"}: words`);
    fitDialogue(dialogueOf(...lines), { template, maxTokens: 500, count: counted });
    expect(renderings).toBeLessThan(20);
  });

  it("fits afterwards, and drops no more than has to go", () => {
    const text = fc.string({ maxLength: 40 });
    const messages = fc
      .tuple(fc.option(text), fc.array(fc.tuple(text, text), { maxLength: 12 }), text)
      .map(([system, pairs, last]): ChatMessage[] => [
        ...(system === null ? [] : [{ role: "system", content: system } as const]),
        ...pairs.flatMap(([asked, said]) => [
          { role: "user", content: asked } as const,
          { role: "assistant", content: said } as const,
        ]),
        { role: "user", content: last },
      ]);
    fc.assert(
      fc.property(
        messages,
        fc.constantFrom(...builtInTemplates),
        fc.integer({ min: 1, max: 1500 }),
        (all, used, maxTokens) => {
          const system = all.filter(({ role }) => role === "system");
          const turns = all.filter(({ role }) => role !== "system");
          const sizes = Array.from({ length: (turns.length + 1) / 2 }, (_, pair) =>
            count(used.render([...system, ...turns.slice(2 * pair)])),
          );
          const attempt = () => fitDialogue(all, { template: used, maxTokens, count });
          if (sizes.at(-1)! > maxTokens) {
            expect(attempt).toThrow("too long for the context");
            return;
          }
          const { messages: kept, dropped, tokens } = attempt();
          expect(kept).toEqual([...system, ...turns.slice(dropped)]);
          expect(tokens).toBe(sizes[dropped / 2]);
          const wanted = sizes.at(-1)! <= maxTokens * 0.75 ? maxTokens * 0.75 : maxTokens;
          const expected = sizes[0]! <= maxTokens ? 0 : sizes.findIndex((size) => size <= wanted);
          expect(dropped / 2).toBe(expected);
        },
      ),
    );
  });
});
