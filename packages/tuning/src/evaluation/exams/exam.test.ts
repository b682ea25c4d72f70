import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extractChoice } from "./choice-extraction.ts";
import { markExam, parseExam, takeExam } from "./exam.ts";

describe("the choice that a reply names", () => {
  it.each<[string, string | undefined]>([
    ["Answer is choice (B)", "B"],
    ["The answer is C.", "C"],
    ['After all, the correct answer is (D) "the cat".', "D"],
    ["答案是选项(A)", "A"],
    ["答案是选项（C）。", "C"],
    ["所以答案为B。", "B"],
    ["故选：D", "D"],
    ["我选C", "C"],
    ["答案是选项AC", "AC"],
    ["答案是A、C", "AC"],
    ["Answer is choices B and D", "BD"],
    ["A is wrong, so the answer is B", "B"],
    ["First I thought the answer is A. But no: the answer is E.", "E"],
    ["(A) is too small and (B) too large, hence (C)", "C"],
    ["B. the dog", "B"],
    ["B", "B"],
    ["A cat sat there.", undefined],
    ["The answer is Berlin.", undefined],
    ["I do not know", undefined],
    ["", undefined],
  ])("%s", (reply, expected) => {
    expect(extractChoice(reply)).toBe(expected);
  });

  it("is a letter, or several in order, whatever the reply", () => {
    const piece = fc.constantFrom(
      "answer is ",
      "答案是",
      "选项",
      "A",
      "G",
      "b",
      "(",
      ")",
      "、",
      " and ",
      "\n",
      "choice ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        const choice = extractChoice(pieces.join(""));
        if (choice !== undefined) expect(choice).toBe([...new Set(choice.match(/[A-G]/g))].sort().join(""));
      }),
    );
  });
});

describe("an exam", () => {
  const lines = [
    { context: "1 + 1? (A) 1 (B) 2", question_id: 1, label: "B" },
    { context: "2 × 3? (A) 6 (B) 5", question_id: 2, label: "(A)" },
    { context: "Which? (A) (B) (C)", question_id: 3, label: ["C", "A"] },
    { prompt: "x² = 4, x > 0", question_id: "cloze", answer: "2" },
    { context: "No gold here", question_id: 5 },
  ];
  const questions = parseExam(`${lines.map((line) => JSON.stringify(line)).join("\n\n")}\n`, "exam.jsonl");

  it("is asked and marked", async () => {
    const said = new Map([
      ["1 + 1", "The answer is B"],
      ["2 × 3", "Answer is choice (B)"],
      ["Which?", "Answer is choices A and C"],
      ["x²", "So x = 2."],
      ["No gold", "I cannot say"],
    ]);
    const system = {
      ...{ name: "table", settings: {}, concurrency: 2 },
      reply: async ([message]: readonly { content: string }[]) =>
        [...said].find(([start]) => message!.content.startsWith(start))![1],
    };
    const replies = await takeExam(system, questions);
    expect(replies.map(({ choice }) => choice)).toEqual(["B", "B", "AC", undefined, undefined]);
    expect(markExam(questions, replies)).toEqual({ questions: 5, correct: 3, unreadable: 2, accuracy: 75 });
  });

  it("takes no part of a number for an answer to fill in", () => {
    const mark = (reply: string) => markExam([questions[3]!], [{ reply, choice: undefined }]).correct;
    expect(["12", "2", "x=2", "22", "0.2", "2 or 3"].map(mark)).toEqual([0, 1, 1, 0, 0, 1]);
  });

  it("says on which line something else stands", () => {
    for (const line of ["{", "[]", '{"context":1}', "null", '{"context":"a","question_id":{}}']) {
      expect(() => parseExam(`{"context":"a"}\n${line}`, "exam.jsonl")).toThrow(/exam\.jsonl:2: this is no question/);
    }
  });
});
