import type { Dialogue } from "../dialogues/dialogue.ts";

/** A dialogue of three turns, with a draft that was refused, and text that is hard to write down. */
export function exampleDialogue(changes: Partial<Dialogue> = {}): Dialogue {
  return {
    id: "d1",
    task: "interactive-translation",
    from: "zh-Hans",
    to: "en",
    source: "请查一下\n账本。",
    turns: [
      {
        act: { kind: "translate" },
        instruction: "请把以下文本翻译成英语：请查一下\n账本。",
        language: "zh",
        reply: "Please check the account book. 🙂",
        verdict: { outcome: "unknown", reason: "whether it says what the source says cannot be decided" },
        checks: [{ rule: "language", verdict: { outcome: "pass", reason: "it is in English" } }],
        derivation: { kind: "reference", rule: "pair", isMechanical: false },
      },
      {
        act: { kind: "include-terms", terms: [["ledger"]] },
        instruction: 'Use "ledger".\n### Response:\n</s>',
        language: "en",
        reply: "Please check the ledger. 🙂",
        verdict: { outcome: "pass", reason: 'it has "ledger"' },
        checks: [],
        derivation: { kind: "edited", rule: "synonym", isMechanical: true },
        rejected: ["Please check the account book.", "Ledger."],
      },
      {
        act: { kind: "explain" },
        instruction: "Warum?",
        language: "de",
        reply: "Weil \u2028 „ledger“ 𝔘nicode braucht.",
        verdict: { outcome: "unknown", reason: "whether the explanation is right cannot be decided" },
        checks: [],
        derivation: { kind: "composed", rule: "explain", isMechanical: false },
      },
    ],
    provenance: {
      origins: [{ corpus: "own", license: "CC0-1.0", file: "own.tsv", line: 3 }],
      ...{ engine: "rules", seed: 7, generator: "test-1" },
    },
    ...changes,
  };
}
