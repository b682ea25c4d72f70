import { describe, expect, it } from "vitest";
import { expectError } from "../testing/expect-error.ts";
import type { ChatMessage } from "./chat-template.ts";
import { createJinjaTemplate } from "./jinja-template.ts";

const tokens = { bosToken: "<s>", eosToken: "</s>" };
const messages: readonly ChatMessage[] = [{ role: "user", content: "hello" }];

async function render(source: string, of: readonly ChatMessage[] = messages): Promise<string> {
  const parts = (await createJinjaTemplate(source, tokens)).render(of);
  return parts.map(({ text }) => text).join("");
}

const nested = (depth: number, body: string) =>
  "{% for i in range(1000) %}".repeat(depth) + body + "{% endfor %}".repeat(depth);

describe("a template that does too much is stopped", () => {
  it.each([
    ["a huge range", "{% for i in range(1000000000) %}x{% endfor %}"],
    ["a range without end", "{{ range(0, 9007199254740991) }}"],
    ["a range of nothing known", "{{ range(unknown) }}"],
    ["a range with step 0", "{{ range(0, 9, 0) }}"],
    ["loops in loops", nested(4, "x")],
    ["empty loops in loops", nested(4, "")],
    [
      "text that doubles",
      "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    ],
    [
      "text that doubles by +",
      "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    ],
    [
      "a list that doubles",
      "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    ],
    [
      "replace that grows",
      "{% set ns = namespace(x='aa') %}{% for i in range(60) %}{% set ns.x = ns.x | replace('a', 'aaaa') %}{% endfor %}",
    ],
    ["a macro that calls itself", "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}"],
    ["brackets without end", `{{ ${"(".repeat(100_000)}1${")".repeat(100_000)} }}`],
    ["lists without end", `{{ ${"[".repeat(100_000)} }}`],
    ["blocks without end", "{% if true %}".repeat(50_000)],
    ["a template of a million letters", "x".repeat(1_000_001)],
    ["an exception", "{{ raise_exception('\u001b[31mno') }}"],
  ])("%s", async (_, source) => {
    const error = await expectError("template-invalid", () => render(source));
    expect(error.field).toBe("tokenizer.chat_template");
  });
});

describe("what real templates use is there", () => {
  it("globals", async () => {
    const write = (source: string) => render(`${source} {{ messages[0].content }}`);
    expect(await write("{{ true }} {{ False }} {{ none is none }} {{ None is none }} {{ True }}")).toBe(
      "true false true true true hello",
    );
    expect(await write("{% for i in range(3) %}{{ i }}{% endfor %}")).toBe("012 hello");
    expect(await write("{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}")).toBe("531 hello");
    expect(await write("{{ strftime_now('%Y') }}")).toMatch(/^\d{4} hello$/);
    expect(await write("{{ bos_token }}{{ eos_token }}{{ add_generation_prompt }}")).toBe("<s></s>true hello");
  });

  it("long conversations", async () => {
    const many = Array.from(
      { length: 5001 },
      (_, index): ChatMessage => ({
        role: index % 2 === 0 ? "user" : "assistant",
        content: `message ${index}`,
      }),
    );
    const source =
      "{% set rest = messages[1:] %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}" +
      "{{ raise_exception('roles must alternate') }}{% endif %}[{{ message.role }}] {{ message['content'] | trim }}\n{% endfor %}{{ rest | length }}";
    const text = await render(source, many);
    expect(text.split("\n")).toHaveLength(5002);
    expect(text).toContain("[user] message 5000");
  });
});
