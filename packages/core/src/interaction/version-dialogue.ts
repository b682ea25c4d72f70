import type { DialogueMessage } from "../prompt/dialogue-encoder.ts";
import type { Version } from "./version.ts";

/** What was said on the way to a version. A translation that a person edited stands where the model's was. */
export function dialogueOf(path: readonly Version[]): DialogueMessage[] {
  const dialogue: DialogueMessage[] = [];
  for (const { reply, translation } of path) {
    if (reply === undefined) {
      const last = dialogue.findLastIndex(({ message }) => message.role === "assistant");
      if (last >= 0) dialogue.splice(last, 1, said("assistant", translation ?? ""));
      continue;
    }
    // A stop string cuts the text of the last token.
    const whole = reply.finishReason === "end" || reply.finishReason === "length";
    const answer = said("assistant", reply.text);
    dialogue.push(said("user", reply.instruction), whole ? { ...answer, written: reply.written } : answer);
  }
  return dialogue;
}

/** The tokens of the last translation, which a revision resembles. */
export function draftOf(path: readonly Version[]): readonly number[] {
  return path.findLast(({ reply }) => reply?.act.replies === "translation")?.reply?.written.tokens ?? [];
}

export function said(role: "user" | "assistant", content: string): DialogueMessage {
  return { message: { role, content } };
}
