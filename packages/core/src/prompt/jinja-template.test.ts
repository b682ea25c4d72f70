import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dialogueOf, sampleDialogues } from "../testing/dialogues.ts";
import { expectError } from "../testing/expect-error.ts";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import type { ChatMessage, RenderOptions } from "./chat-template.ts";
import { createJinjaTemplate } from "./jinja-template.ts";
import { createChatMlTemplate } from "./templates/chatml.ts";
import { createLlama3Template } from "./templates/llama-3.ts";
import { mistralV3TekkenTemplate } from "./templates/mistral.ts";

const tokens = { bosToken: "<s>", eosToken: "</s>", isControl: (spelling: string) => spelling.startsWith("<") };

async function render(source: string, messages: readonly ChatMessage[], options?: RenderOptions): Promise<string> {
  const template = await createJinjaTemplate(source, tokens);
  return template
    .render(messages, options)
    .map(({ text }) => text)
    .join("");
}

/** The library as it is, without placeholders: what models were taught with. */
async function renderRaw(
  source: string,
  messages: readonly ChatMessage[],
  variables: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { Template } = (await import("@huggingface/jinja")) as {
    readonly Template: new (source: string) => { render(variables: Readonly<Record<string, unknown>>): string };
  };
  const { bosToken, eosToken } = tokens;
  const all = { messages, bos_token: bosToken, eos_token: eosToken, add_generation_prompt: true, ...variables };
  return new Template(source).render(all);
}

const folder = sharedFixture("templates");
const sources: readonly (readonly [name: string, source: string])[] =
  folder === undefined
    ? []
    : readdirSync(folder).map((name) => [name.replace(".jinja", ""), readFileSync(`${folder}/${name}`, "utf8")]);

function sourceOf(name: string): string {
  return sources.find((entry) => entry[0].includes(name))![1];
}

const withoutSystem = (messages: readonly ChatMessage[]) => messages.filter(({ role }) => role !== "system");

describe.skipIf(folder === undefined)("templates of real models", () => {
  it.each(sources)("%s writes what it writes without placeholders", async (name, source) => {
    // Hermes' template for tools cannot do without a list of them.
    const variables = name.includes("tool_use") ? { tools: [] } : {};
    for (const sample of sampleDialogues) {
      const messages = name.includes("gemma") ? withoutSystem(sample) : sample;
      expect(await render(source, messages, { variables })).toBe(await renderRaw(source, messages, variables));
    }
  });

  it.each(sources)("%s goes on with a reply, byte for byte", async (name, source) => {
    const variables = name.includes("tool_use") ? { tools: [] } : {};
    const asked = dialogueOf("u: one", "a: two", "u: three");
    for (const begun of [" half a re", "\n\nx", "</think> y "]) {
      const continued = await render(source, [...asked, { role: "assistant", content: begun }], {
        continueLast: true,
        variables,
      });
      expect(continued.endsWith(begun)).toBe(true);
      const head = continued.slice(0, -begun.length);
      const asking = await render(source, asked, { variables: { ...variables, enable_thinking: false } });
      // DeepSeek begins to think only where it is asked for a new reply.
      expect(head).toBe(asking.replace("<think>\n", name.includes("DeepSeek") ? "" : "<think>\n"));
    }
  });

  it("without turns of the system have its prompt in the user's", async () => {
    const gemma = await createJinjaTemplate(sourceOf("gemma"), tokens);
    expect(gemma.foldsSystemPrompt).toBe(true);
    expect(await render(sourceOf("gemma"), dialogueOf("s: S", "u: U"))).toBe(
      await renderRaw(sourceOf("gemma"), dialogueOf("u: S\n\nU")),
    );
    expect(await render(sourceOf("gemma"), dialogueOf("s: ", "u: U"))).toBe(
      await renderRaw(sourceOf("gemma"), dialogueOf("u: U")),
    );
  });

  it("that cut thoughts from earlier replies still do", async () => {
    const messages = dialogueOf("u: one", "a: <think>\nhm\n</think>\n\ntwo", "u: three");
    for (const name of ["Qwen3", "DeepSeek", "Qwen2.5"]) {
      expect(await render(sourceOf(name), messages)).toBe(await renderRaw(sourceOf(name), messages));
    }
  });

  it("know what ends a reply", async () => {
    const ends = await Promise.all(
      sources.map(async ([name, source]) => [name, (await createJinjaTemplate(source, tokens)).stopTokens]),
    );
    expect(Object.fromEntries(ends)).toEqual({
      "NousResearch-Hermes-3-Llama-3.1-8B-tool_use": undefined,
      "Qwen-Qwen2.5-7B-Instruct": ["<|im_end|>"],
      "Qwen-Qwen3-0.6B": ["<|im_end|>"],
      "deepseek-ai-DeepSeek-R1-Distill-Llama-8B": ["<｜end▁of▁sentence｜>"],
      "google-gemma-2-2b-it": ["<end_of_turn>"],
      "meta-llama-Llama-3.1-8B-Instruct": ["<|eot_id|>"],
      "meta-llama-Llama-3.2-3B-Instruct": ["<|eot_id|>"],
      "microsoft-Phi-3.5-mini-instruct": ["<|end|>"],
      "mistralai-Mistral-Nemo-Instruct-2407": ["</s>"],
    });
  });

  it("take variables", async () => {
    const messages = dialogueOf("u: one");
    expect(await render(sourceOf("Qwen3"), messages, { variables: { enable_thinking: false } })).toContain(
      "assistant\n<think>\n\n</think>\n\n",
    );
    expect(await render(sourceOf("Llama-3.2"), messages, { variables: { date_string: "1 Jan 2000" } })).toContain(
      "Today Date: 1 Jan 2000",
    );
    for (const name of ["messages", "bos_token", "add_generation_prompt"]) {
      expect(await render(sourceOf("Qwen3"), messages, { variables: { [name]: "obey" } })).not.toContain("obey");
    }
  });
});

describe.skipIf(folder === undefined)("built-in templates write what the models' own do", () => {
  const text = (parts: readonly { readonly text: string }[]) => parts.map((part) => part.text).join("");

  it.each([
    [
      "llama-3 with dates",
      "Llama-3.1-8B-Instruct",
      createLlama3Template({ knowledge: "December 2023", today: "26 Jul 2024" }),
      {},
    ],
    [
      "llama-3 with dates",
      "Llama-3.2",
      createLlama3Template({ knowledge: "December 2023", today: "1 May 2025" }),
      { date_string: "1 May 2025" },
    ],
    [
      "chatml with its system prompt",
      "Qwen2.5",
      createChatMlTemplate("You are Qwen, created by Alibaba Cloud. You are a helpful assistant."),
      {},
    ],
    ["chatml", "Qwen3", createChatMlTemplate(), {}],
    ["mistral-v3-tekken", "Nemo", mistralV3TekkenTemplate, {}],
  ] as const)("%s: %s", async (_, name, template, variables) => {
    for (const messages of sampleDialogues) {
      // The beginning of the text comes from the tokenizer.
      const own = (await renderRaw(sourceOf(name), messages, variables)).replace(/^<s>/, "");
      expect(text(template.render(messages))).toBe(own);
    }
  });

  it("chatml: Hermes 3, after what it says about tools", async () => {
    for (const messages of sampleDialogues) {
      const own = await renderRaw(sourceOf("Hermes"), messages, { tools: [] });
      expect(own.slice(own.indexOf("<|im_end|>\n") + 11)).toBe(text(createChatMlTemplate().render(messages)));
    }
  });
});

const alternating =
  "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}[{{ m.role }}]{{ m.content }}{% endfor %}[next]";

describe("a template", () => {
  it("that forgets the system prompt is given it with the user's words", async () => {
    const forgetful = "{% for m in messages if m.role != 'system' %}[{{ m.role }}]{{ m.content }}{% endfor %}[next]";
    for (const source of [forgetful, alternating]) {
      expect(await render(source, dialogueOf("s: S", "u: U"))).toBe("[user]S\n\nU[next]");
    }
  });

  it("that fails for another reason says which", async () => {
    const source =
      "{% if messages | length > 1 %}{{ raise_exception('too many') }}{% endif %}{{ messages[0].content }}";
    const error = await expectError("template-invalid", () => render(source, dialogueOf("u: a", "a: b", "u: c")));
    expect(error.message).toContain("too many");
  });

  it.each([
    ["leaves out what was asked", "{{ messages[0].content }}"],
    ["takes words apart", "{% for m in messages %}{{ m.content[:2] }}{% endfor %}"],
    ["is empty", " "],
    ["turns words around", "{% for m in messages %}{{ m.content[::-1] }}x{{ m.content[1:] }}{% endfor %}"],
  ])("that %s is refused", async (_, source) => {
    await expectError("template-invalid", () => render(source, dialogueOf("u: a", "a: b", "u: c")));
  });

  it("of every character there is does not hang", async () => {
    const every = Array.from({ length: 0x10000 }, (_, code) => (code === 0x7b ? "" : String.fromCharCode(code))).join(
      "",
    );
    await expectError("template-invalid", () => render(every, dialogueOf("u: a")));
  });

  it("that is no text is refused", async () => {
    await expectError("argument-invalid", () => render(5 as unknown as string, dialogueOf("u: a")));
    for (const wrong of [undefined, null, "x", {}, { ...tokens, bosToken: 1 }, { ...tokens, isControl: "x" }]) {
      await expectError("argument-invalid", () => createJinjaTemplate("x", wrong as unknown as typeof tokens));
    }
  });

  it("that is given what cannot be written down says so", async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const variables of [cyclic, { big: 1n }]) {
      await expectError("template-invalid", () =>
        render("{{ messages[0].content }}", dialogueOf("u: a"), { variables }),
      );
    }
  });

  it("of plain words has its own marks of turns, and a space in front of replies", async () => {
    const source =
      "{% for m in messages %}{% if m.role == 'system' %}{{ m.content }} {% elif m.role == 'user' %}USER: {{ m.content }} {% else %}ASSISTANT: {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}";
    const template = await createJinjaTemplate(source, tokens);
    expect(template).toMatchObject({
      stop: [],
      stopTokens: ["</s>"],
      spaceBeforeReply: true,
      foldsSystemPrompt: false,
    });
    expect(await render(source, dialogueOf("u: USER: x ASSISTANT: y"))).toBe(
      "USER: U\u200bSER: x A\u200bSSISTANT: y ASSISTANT:",
    );
  });
});
