import type { Limits } from "../limits.ts";
import { Problem } from "../problem.ts";

/** Signs that may begin a tag, in the texts of one request: to read more of them takes too long. */
const mostTags = 20_000;

/** @throws Problem 413 for texts that together are longer than a request's may be */
export function checkCharacters(texts: readonly string[], { promptCharacters }: Limits): void {
  const characters = texts.reduce((count, text) => count + text.length, 0);
  if (characters <= promptCharacters) return;
  const message = `The texts have ${characters} characters, and one request may have ${promptCharacters}.`;
  throw new Problem({ status: 413, code: "texts-too-long", message });
}

/** To be asked before anything reads the tags. @throws Problem 400 for more of them than one request may have */
export function checkTags(texts: readonly string[]): void {
  let count = 0;
  for (const text of texts) for (let at = text.indexOf("<"); at >= 0; at = text.indexOf("<", at + 1)) count++;
  if (count <= mostTags) return;
  const message = `The texts have ${count} tags, and one request may have ${mostTags}. Send them in parts.`;
  throw new Problem({ status: 400, code: "too-many-tags", message });
}
