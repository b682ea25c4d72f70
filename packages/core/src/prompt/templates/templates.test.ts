import { describe, expect, it } from "vitest";
import { expectError } from "../../testing/expect-error.ts";
import { builtInTemplates, templateByName } from "../built-in-templates.ts";
import type { ChatMessage, RenderOptions } from "../chat-template.ts";

const turns: readonly ChatMessage[] = [
  { role: "user", content: "U1" },
  { role: "assistant", content: "A1" },
  { role: "user", content: "U2" },
];
const withSystem: readonly ChatMessage[] = [{ role: "system", content: "S" }, ...turns];

function text(name: string, messages: readonly ChatMessage[], options?: RenderOptions): string {
  return templateByName(name)
    .render(messages, options)
    .map(({ text }) => text)
    .join("");
}

const baylingSystem =
  "I am an intelligent language assistant developed by the NLP Group of ICT/CAS.\nBelow is a dialog consisting of instructions and responses. Write a response that completes the request.\n";
const vicunaSystem =
  "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions.";
const alpacaSystem =
  "Below is an instruction that describes a task. Write a response that appropriately completes the request.";
const header = (role: string) => `<|start_header_id|>${role}<|end_header_id|>\n\n`;

/** Template, what it writes without a system message, and with one. */
const golden: readonly (readonly [name: string, bare: string, withSystem: string])[] = [
  [
    "bayling",
    `${baylingSystem}\n### Instruction:\nU1\n### Response:\nA1</s>\n### Instruction:\nU2\n### Response:\n`,
    "S\n\n### Instruction:\nU1\n### Response:\nA1</s>\n### Instruction:\nU2\n### Response:\n",
  ],
  [
    "bayling-3",
    `${header("system")}I am BayLing developed by the NLP Group of ICT/CAS.<|eot_id|>${header("user")}U1<|eot_id|>${header("assistant")}A1<|eot_id|>${header("user")}U2<|eot_id|>${header("assistant")}`,
    `${header("system")}S<|eot_id|>${header("user")}U1<|eot_id|>${header("assistant")}A1<|eot_id|>${header("user")}U2<|eot_id|>${header("assistant")}`,
  ],
  [
    "vicuna",
    `${vicunaSystem} USER: U1 ASSISTANT: A1</s>USER: U2 ASSISTANT:`,
    "S USER: U1 ASSISTANT: A1</s>USER: U2 ASSISTANT:",
  ],
  [
    "alpaca",
    `${alpacaSystem}\n\n### Instruction:\nU1\n\n### Response:A1</s>\n\n### Instruction:\nU2\n\n### Response:`,
    "S\n\n### Instruction:\nU1\n\n### Response:A1</s>\n\n### Instruction:\nU2\n\n### Response:",
  ],
  [
    "llama-2",
    "[INST] U1 [/INST] A1 </s><s>[INST] U2 [/INST]",
    "[INST] <<SYS>>\nS\n<</SYS>>\n\nU1 [/INST] A1 </s><s>[INST] U2 [/INST]",
  ],
  [
    "llama-3",
    `${header("user")}U1<|eot_id|>${header("assistant")}A1<|eot_id|>${header("user")}U2<|eot_id|>${header("assistant")}`,
    `${header("system")}S<|eot_id|>${header("user")}U1<|eot_id|>${header("assistant")}A1<|eot_id|>${header("user")}U2<|eot_id|>${header("assistant")}`,
  ],
  [
    "chatml",
    "<|im_start|>user\nU1<|im_end|>\n<|im_start|>assistant\nA1<|im_end|>\n<|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU1<|im_end|>\n<|im_start|>assistant\nA1<|im_end|>\n<|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\n",
  ],
  ["mistral", "[INST] U1 [/INST] A1</s>[INST] U2 [/INST]", "[INST] S\n\nU1 [/INST] A1</s>[INST] U2 [/INST]"],
  ["mistral-v3", "[INST] U1[/INST] A1</s>[INST] U2[/INST]", "[INST] U1[/INST] A1</s>[INST] S\n\nU2[/INST]"],
  ["mistral-v3-tekken", "[INST]U1[/INST]A1</s>[INST]U2[/INST]", "[INST]U1[/INST]A1</s>[INST]S\n\nU2[/INST]"],
  ["plain", "U1A1U2", "SU1A1U2"],
  ["line", "U1 A1\nU2", "S\nU1 A1\nU2"],
  ["seed-x", "U1A1U2", "SU1A1U2"],
];

describe("what the built-in templates write", () => {
  it("is here for all of them", () => {
    expect(golden.map(([name]) => name)).toEqual(builtInTemplates.map(({ name }) => name));
  });

  it.each(golden)("%s", (name, bare, system) => {
    expect(text(name, turns)).toBe(bare);
    expect(text(name, withSystem)).toBe(system);
  });
});

describe.each(builtInTemplates)("$name", (template) => {
  const { name } = template;

  it("goes on with a reply, byte for byte", () => {
    const asked = text(name, turns);
    const begun = text(name, [...turns, { role: "assistant", content: " half a re" }], { continueLast: true });
    const space = template.spaceBeforeReply === true ? " " : "";
    expect(begun).toBe(`${asked}${space} half a re`);
    expect(text(name, [...turns, { role: "assistant", content: "" }], { continueLast: true })).toBe(asked);
  });

  it("has a closed turn for an empty message", () => {
    const markers = (filled: string) =>
      text(name, [{ role: "user", content: filled }, { role: "assistant", content: filled }, turns[2]!]).replaceAll(
        "U1",
        "",
      );
    expect(markers("")).toBe(markers("U1"));
  });

  it("joins what one role says in a row", () => {
    const inARow: ChatMessage[] = [
      { role: "system", content: "S" },
      { role: "system", content: "T" },
      { role: "user", content: "U1" },
      { role: "user", content: "U2" },
    ];
    const joined: ChatMessage[] = [
      { role: "system", content: "S\n\nT" },
      { role: "user", content: "U1\n\nU2" },
    ];
    expect(text(name, inARow)).toBe(text(name, joined));
  });

  it("can do without a system prompt", () => {
    const without = text(name, [{ role: "system", content: "" }, ...turns]);
    expect(without).not.toContain("assistant developed");
    expect(without).not.toContain("curious");
    expect(without).toContain("U1");
  });

  it("refuses what is no dialogue", async () => {
    const wrong: unknown[] = [
      ...[undefined, null, "hello", {}, [], [null], ["hello"], new Array(3), 5n, () => []],
      [{ role: "system", content: "alone" }],
      [{ role: "assistant", content: "first" }, turns[0]],
      [turns[0], { role: "system", content: "late" }],
      [turns[0], turns[1]],
      [{ role: "tool", content: "x" }],
      [{ role: "toString", content: "x" }],
      [{ role: "user" }],
      [{ role: "user", content: ["x"] }],
      [{ role: "user", content: null }],
    ];
    for (const messages of wrong)
      await expectError("argument-invalid", () => template.render(messages as ChatMessage[]));
    for (const options of [null, 5, { continueLast: 1 }, { variables: 5 }, { variables: [] }, { continueLast: true }]) {
      await expectError("argument-invalid", () => template.render(turns, options as RenderOptions));
    }
  });
});

it("says which names there are", async () => {
  const error = await expectError("argument-invalid", () => templateByName("vicunja"));
  expect(error.message).toContain("bayling-3, vicuna");
  await expectError("argument-invalid", () => templateByName(undefined as unknown as string));
});
