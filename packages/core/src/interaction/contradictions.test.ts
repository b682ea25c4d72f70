import { describe, expect, it } from "vitest";
import { expectError } from "../testing/expect-error.ts";
import { checkState } from "./contradictions.ts";
import { createState, type TranslationState } from "./translation-state.ts";

const state = createState("en", "de", "The bank opens a file.");

describe("checkState", () => {
  const contradictory: readonly (readonly [change: Partial<TranslationState>, ...names: string[]])[] = [
    [{ required: [{ forms: ["Bank"] }], forbidden: [{ term: "bank" }] }, '"Bank" is required', '"bank" is forbidden'],
    [{ required: [{ forms: ["die Bank", "eine Bank"] }], forbidden: [{ term: "Bank" }] }, '"die Bank" or "eine Bank"'],
    [{ required: [{ forms: ["a", "b"] }], forbidden: [{ term: "A" }, { term: "B" }] }, '"A" and "B"'],
    [{ glossary: [{ source: "bank", targets: ["Ufer"] }], forbidden: [{ term: "Ufer" }] }, '"Ufer" for "bank"'],
    [{ required: [{ forms: ["银行"] }], forbidden: [{ term: "行" }] }, '"银行"', '"行"'],
    [{ prefix: "Die Bank am ", forbidden: [{ term: "bank" }] }, "beginning", '"bank"'],
    [{ prefix: new TextEncoder().encode("Die Bank am"), forbidden: [{ term: "bank" }] }, '"bank"'],
    [{ length: { unit: "words", least: 9, most: 8 } }, "at least 9", "at most 8"],
    [
      { length: { unit: "words", most: 2 }, required: [{ forms: ["eine alte Bank"] }] },
      '"eine alte Bank"',
      "3 words",
      "at most 2",
    ],
    [
      { length: { unit: "words", most: 2 }, required: [{ forms: ["eine Bank"] }, { forms: ["das Ufer"] }] },
      "need 4 words",
    ],
    [{ length: { unit: "characters", most: 3 }, required: [{ forms: ["Bank", "Ufer"] }] }, "4 characters"],
    [{ length: { unit: "words", most: 2 }, glossary: [{ source: "bank", targets: ["a b c"] }] }, "3 words"],
    [{ length: { unit: "words", most: 1 }, prefix: "Die Bank " }, "2 words", "at most 1 words is"],
    [{ to: "en" }, "English into English"],
    [{ from: "zh", to: "zh-CN" }, "Simplified Chinese"],
  ];
  const rows = contradictory.map(([change, ...names]) => [change, names] as const);
  it.each(rows)("refuses %o, and names both sides", async (change, names) => {
    const error = await expectError("request-contradictory", () => checkState({ ...state, ...change }));
    for (const name of names) expect(error.message).toContain(name);
    expect(error.remedy).toBeDefined();
  });

  const fine: readonly Partial<TranslationState>[] = [
    {},
    { required: [{ forms: ["Bank", "Ufer"] }], forbidden: [{ term: "Bank" }] },
    { required: [{ forms: ["Bankrott"] }], forbidden: [{ term: "Bank" }] },
    { required: [{ forms: ["us"] }], forbidden: [{ term: "US", matchCase: true }] },
    { glossary: [{ source: "cat", targets: ["Katze"] }], forbidden: [{ term: "Katze" }] },
    { required: [{ forms: ["Katze"], source: "cat" }], forbidden: [{ term: "Katze" }] },
    { prefix: "Die Bank", forbidden: [{ term: "bank" }] },
    { length: { unit: "words", least: 8, most: 8 } },
    { length: { unit: "words", most: 2 }, required: [{ forms: ["alte Bank"] }, { forms: ["Bank"] }] },
    { length: { unit: "words", most: 3 }, required: [{ forms: ["alte Bank"] }, { forms: ["Bank dort"] }] },
    { from: "zh-Hans", to: "zh-Hant" },
    { from: "en-US", to: "en-GB" },
  ];
  it.each(fine.map((change) => [change]))("lets %o be", (change) => checkState({ ...state, ...change }));

  const malformed: readonly (readonly [field: string, change: Record<string, unknown>])[] = [
    ["required", { required: "Bank" }],
    ["terms[0]", { required: [5] }],
    ["terms[0].forms", { required: [{ forms: [] }] }],
    ["forbidden", { forbidden: ["Bank"].values() }],
    ["terms[0]", { forbidden: [{ term: 5 }] }],
    ["forbidden", { forbidden: [null] }],
    ["entries[0]", { glossary: [null] }],
    ["length.unit", { length: { unit: "lines" } }],
    ["length.most", { length: { unit: "words", most: "9" } }],
    ["length.least", { length: { unit: "words", least: 0 } }],
    ["register", { register: "rude" }],
    ["prefix", { prefix: 5 }],
    ["source", { source: undefined }],
    ["to", { to: 5 }],
  ];
  it.each(malformed)("refuses what cannot be: %s in %o", async (field, change) => {
    const error = await expectError("argument-invalid", () => checkState({ ...state, ...change } as TranslationState));
    expect(error.field).toBe(field);
  });

  it("refuses an unknown language", async () => {
    await expectError("language-unknown", () => checkState({ ...state, to: "xx" }));
    await expectError("language-unknown", () => checkState({ ...state, formats: "xx" }));
  });

  it.each([null, undefined, 5])("refuses %s as a state", async (given) => {
    await expectError("argument-invalid", () => checkState(given as never));
  });
});
