/** Spellings with which well-known vocabularies end a reply: llama.cpp's set, but for those of image and music models. */
const endSpellings: ReadonlySet<string> = new Set([
  "</s>",
  "<|eot_id|>",
  "<|eom_id|>",
  "<|im_end|>",
  "<|end|>",
  "<|return|>",
  "<|call|>",
  "<|endoftext|>",
  "<|end_of_text|>",
  "<end_of_turn>",
  "<eos>",
  "<EOT>",
  "_<EOT>",
  "[EOT]",
  "[EOS]",
  "<\uff5cend\u2581of\u2581sentence\uff5c>",
]);

/** With both of these, `<|end|>` ends a message within a reply (gpt-oss), not the reply. */
const harmonySpellings = ["<|return|>", "<|call|>"];

export function isEndSpelling(spelling: string): boolean {
  return endSpellings.has(spelling);
}

/**
 * The tokens that end a reply.
 * @param controls control tokens by spelling
 * @param named ids that the file itself names: end of sequence, of turn, of message
 */
export function endTokensOf(
  controls: ReadonlyMap<string, number>,
  named: readonly (number | undefined)[],
): ReadonlySet<number> {
  const end = new Set<number>();
  const harmony = harmonySpellings.every((spelling) => controls.has(spelling));
  for (const [spelling, id] of controls) {
    if (isEndSpelling(spelling) && !(harmony && spelling === "<|end|>")) end.add(id);
  }
  for (const id of named) if (id !== undefined) end.add(id);
  return end;
}
