const letters = "A-G";

/** Ways in which replies name their choice, the clearest first. The last match of the first that matches counts. */
const patterns: readonly RegExp[] = [
  // What exam prompts ask for: "Answer is choice (B)", "答案是选项(B)".
  new RegExp(String.raw`answer\s+is\s+(?:choice|option)?\s*[:：]?\s*[(（[]?\s*([${letters}])\b`, "giu"),
  new RegExp(
    String.raw`(?:答案|选择|应选|故选|正确选项)(?:是|为|应为|应该是)?\s*(?:选项)?\s*[:：]?\s*[(（[【]?\s*([${letters}])(?![a-z])`,
    "gu",
  ),
  new RegExp(String.raw`(?:answer|choice|option)\s*[:：]?\s*[(（[]?\s*([${letters}])\b`, "giu"),
  new RegExp(String.raw`(?:选项|选)\s*[(（[【]?\s*([${letters}])(?![a-z])`, "gu"),
  // A letter in brackets, or at the beginning of a line as the lists of choices have it.
  new RegExp(String.raw`[(（[【]\s*([${letters}])\s*[)）\]】]`, "gu"),
  new RegExp(String.raw`^\s*([${letters}])\s*(?:[.．、:：)）]|$)`, "gmu"),
];

/** Several letters at once, for questions with more than one right answer: "AC", "A、C", "A and C". */
const several = new RegExp(
  String.raw`(?:answer\s+is\s+(?:choices?|options?)?|(?:答案|故选|应选)(?:是|为)?\s*(?:选项)?)\s*[:：]?\s*[(（[]?\s*([${letters}](?:(?:\s*[,，、]\s*|\s+and\s+|\s*)[${letters}])+)(?![a-z])`,
  "giu",
);

/**
 * The choice that a reply names, in English or Chinese.
 * @returns one letter, or several in alphabetical order; `undefined` where none is named
 */
export function extractChoice(reply: string): string | undefined {
  const many = [...reply.matchAll(several)].at(-1)?.[1];
  if (many !== undefined)
    return [
      ...new Set(
        many
          .toUpperCase()
          .match(/(?<![A-Z])[A-G]+(?![A-Z])/g)
          ?.join(""),
      ),
    ]
      .sort()
      .join("");
  for (const pattern of patterns) {
    const match = [...reply.matchAll(pattern)].at(-1);
    if (match !== undefined) return match[1]!.toUpperCase();
  }
  return undefined;
}
