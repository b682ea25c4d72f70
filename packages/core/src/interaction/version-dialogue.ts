import type { DialogueMessage } from "../prompt/dialogue-encoder.ts";
import type { Version } from "./version.ts";

/**
 * What was said on the way to a version. A translation that a person edited stands where the model's was.
 * @param request what a first translation is asked with, for where a person wrote it
 */
export function dialogueOf(path: readonly Version[], request: string): DialogueMessage[] {
  const dialogue: DialogueMessage[] = [];
  let lastTranslation: number | undefined;
  for (const { reply, translation } of path) {
    if (reply === undefined) {
      const edited = said("assistant", translation ?? "");
      if (lastTranslation === undefined) lastTranslation = dialogue.push(said("user", request), edited) - 1;
      else dialogue[lastTranslation] = edited;
      continue;
    }
    // A stop string cuts the text of the last token.
    const whole = reply.finishReason === "end" || reply.finishReason === "length";
    const answer = said("assistant", reply.text);
    dialogue.push(
      said("user", reply.instruction),
      whole && reply.isVerbatim ? { ...answer, written: reply.written } : answer,
    );
    if (reply.act.replies === "translation") lastTranslation = dialogue.length - 1;
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
