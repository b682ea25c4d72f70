import { createHash } from "node:crypto";
import type { Dialogue } from "../../dialogues/dialogue.ts";

/** Moves on when the same replies to the same dialogues give other scores. */
const scoring = "interactive-1";

/** What has to stand beside scores: how they were counted, and by a hash of texts and acts, on which dialogues. */
export function benchmarkSignature(dialogues: readonly Dialogue[]): string {
  const hash = createHash("sha256");
  let turns = 0;
  for (const dialogue of dialogues) {
    const { from, to, source } = dialogue;
    const asked = dialogue.turns.map(({ act, instruction, reply }) => [act, instruction, reply]);
    hash.update(`${JSON.stringify([from, to, source, asked])}\n`);
    turns += dialogue.turns.length;
  }
  return `${scoring}|dialogues:${dialogues.length}|turns:${turns}|sha256:${hash.digest("hex").slice(0, 16)}`;
}
