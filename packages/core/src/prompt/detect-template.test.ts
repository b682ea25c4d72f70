import { describe, expect, it } from "vitest";
import { GgufMetadata } from "../formats/gguf-metadata.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import { dialogueOf } from "../testing/dialogues.ts";
import { expectError } from "../testing/expect-error.ts";
import {
  byteLevelVocabulary,
  sentencePieceTokenizer,
  type TestVocabulary,
  vocabularyMetadata,
} from "../testing/vocabularies.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { createTokenizerFromGguf } from "../tokenizer/tokenizer-from-gguf.ts";
import type { ChatTemplate } from "./chat-template.ts";
import { detectTemplate } from "./detect-template.ts";

function metadata(strings: Readonly<Record<string, string>>): GgufMetadata {
  const entries = Object.entries(strings).map(([key, value]): [string, GgufEntry] => [key, { type: "string", value }]);
  return new GgufMetadata("test.gguf", new Map(entries));
}

/** A byte-level vocabulary with more control tokens. */
function tokenizerWith(...controls: readonly string[]): Tokenizer {
  const vocabulary: TestVocabulary = {
    ...byteLevelVocabulary,
    tokens: [...byteLevelVocabulary.tokens, ...controls],
    types: [...byteLevelVocabulary.types, ...controls.map(() => 3)],
  };
  return createTokenizerFromGguf(vocabularyMetadata("gpt2", vocabulary), "test.gguf");
}

const sentencePiece = sentencePieceTokenizer();
const llama3 = tokenizerWith("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>");
const chatMl = tokenizerWith("<|im_start|>");
const tekken = tokenizerWith("[INST]", "[/INST]", "</s>");
const jinja = "{% for m in messages %}<s>{{ m.content }}</s>{% endfor %}";

describe("the template of a model", () => {
  it.each([
    ["ICTNLP/bayling-7b", sentencePiece, "bayling"],
    ["Bayling 13b v1.1", sentencePiece, "bayling"],
    ["BayLing-2-7B", sentencePiece, "bayling"],
    ["bayling_2_13b", sentencePiece, "bayling"],
    ["bayling-2-llama-3-8b", llama3, "bayling-3"],
    ["Bayling 2 Llama 3 8b", llama3, "bayling-3"],
    ["vicuna-7b-v1.5", sentencePiece, "vicuna"],
    ["Chinese-Alpaca-2-7B", sentencePiece, "alpaca"],
    ["Llama-2-13b-chat-hf", sentencePiece, "llama-2"],
    ["llama2 7b chat", sentencePiece, "llama-2"],
    ["Meta-Llama-3-8B-Instruct", llama3, "llama-3"],
    ["Llama-3.1-8B-Instruct", llama3, "llama-3"],
    ["Mistral-7B-Instruct-v0.2", sentencePiece, "mistral"],
    ["Mistral-Nemo-Instruct-2407", tekken, "mistral-v3-tekken"],
    ["Qwen2.5-7B-Instruct", chatMl, "chatml"],
    ["TowerInstruct-7B-v0.2", chatMl, "chatml"],
    ["Llama-2-7b-hf", sentencePiece, "plain"],
    ["Meta-Llama-3-8B", llama3, "plain"],
    // A name that the vocabulary gives the lie to.
    ["Meta-Llama-3-8B-Instruct", chatMl, "chatml"],
    ["my-vicuna", llama3, "plain"],
    ["", sentencePiece, "plain"],
  ])("%s", async (name, tokenizer, expected) => {
    const template = await detectTemplate(metadata({ "general.name": name }), tokenizer);
    expect(template.name).toBe(expected);
    expect(template.reason).toMatch(/^(the model is called|the vocabulary has|the file brings none)/);
  });

  it("is the file's own before all names but BayLing's", async () => {
    const strings = { "general.name": "vicuna", "tokenizer.chat_template": jinja };
    const own = await detectTemplate(metadata(strings), sentencePiece);
    expect(own).toMatchObject({ name: "jinja", reason: "the file brings it" });
    expect(own.render(dialogueOf("u: x")).map(({ text }) => text)).toEqual(["<s>", "x", "</s>"]);
    const bayling = await detectTemplate(metadata({ ...strings, "general.name": "bayling-2-7b" }), sentencePiece);
    expect(bayling.name).toBe("bayling");
    expect(bayling.reason).toContain("bayling-2-7b");
  });

  it("is known from what the model was made from", async () => {
    const strings = { "general.name": "Merged", "general.basename": "vicuna" };
    expect((await detectTemplate(metadata(strings), sentencePiece)).name).toBe("vicuna");
  });

  it("is not told by names of other types", async () => {
    const odd = new GgufMetadata("test.gguf", new Map([["general.name", { type: "uint32", value: 5 }]]));
    expect((await detectTemplate(odd, sentencePiece)).name).toBe("plain");
  });

  it("is the one that is asked for", async () => {
    const strings = metadata({ "general.name": "vicuna", "tokenizer.chat_template": jinja });
    expect(await detectTemplate(strings, sentencePiece, "alpaca")).toMatchObject({ name: "alpaca" });
    class Own implements ChatTemplate {
      readonly name = "own";
      readonly #word = "yes";
      render() {
        return [{ text: this.#word, parseSpecial: false }];
      }
    }
    const own = await detectTemplate(strings, sentencePiece, new Own());
    expect(own).toMatchObject({ name: "own", reason: "it was asked for" });
    expect(own.render([])).toEqual([{ text: "yes", parseSpecial: false }]);
    await expectError("argument-invalid", () => detectTemplate(strings, sentencePiece, "llama-4"));
    for (const wrong of [5, null, {}, { render: "x" }, []]) {
      await expectError("argument-invalid", () =>
        detectTemplate(strings, sentencePiece, wrong as unknown as ChatTemplate),
      );
    }
    const error = await expectError("template-invalid", () => detectTemplate(strings, sentencePiece, "llama-3"));
    expect(error.received).toContain("<|eot_id|>");
  });

  it("is the one that a recipe wrote down, with what the model was told first", async () => {
    const taught = { "general.name": "BayLing", "tokenizer.chat_template": jinja, "bayling.template": "alpaca" };
    const question = [{ role: "user", content: "Why?" }] as const;
    const spelled = (template: ChatTemplate, ...messages: Parameters<ChatTemplate["render"]>[0][]) =>
      messages.map((dialogue) =>
        template
          .render(dialogue)
          .map(({ text }) => text)
          .join(""),
      );
    const plain = await detectTemplate(metadata(taught), sentencePiece);
    expect(plain).toMatchObject({ name: "alpaca", reason: "it was taught with it" });
    const told = await detectTemplate(metadata({ ...taught, "bayling.system_prompt": "Be brief." }), sentencePiece);
    expect(told.defaultSystemPrompt).toBe("Be brief.");
    const [asTaught, own] = spelled(told, question, [{ role: "system", content: "Rhyme." }, ...question]);
    expect(asTaught).toContain("Be brief.");
    expect(own).toContain("Rhyme.");
    expect(own).not.toContain("Be brief.");
    // Told nothing is something else than told what the template says.
    const silent = await detectTemplate(metadata({ ...taught, "bayling.system_prompt": "" }), sentencePiece);
    expect(spelled(silent, question)).not.toEqual(spelled(plain, question));
    const own2 = await detectTemplate(
      metadata({ "bayling.system_prompt": "", "tokenizer.chat_template": jinja }),
      llama3,
    );
    expect(own2).toMatchObject({ reason: "the file brings it", defaultSystemPrompt: "" });
    await expectError("argument-invalid", () => told.render(undefined as never));
    const error = await expectError("template-invalid", () =>
      detectTemplate(metadata({ "bayling.template": "of-next-year" }), sentencePiece),
    );
    expect(error.received).toBe("of-next-year");
    await expectError("template-invalid", () =>
      detectTemplate(metadata({ "bayling.template": "llama-3" }), sentencePiece),
    );
  });

  it("that is broken is an error", async () => {
    await expectError("template-invalid", () =>
      detectTemplate(metadata({ "tokenizer.chat_template": "{% if %}" }), sentencePiece),
    );
  });
});
