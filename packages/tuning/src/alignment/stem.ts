/**
 * What words with the same beginning are taken for while there is little to learn from: *wish* and *wishes*. Only in
 * scripts that write words with letters, where endings inflect.
 */
export function stem(word: string): string {
  return /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]{6,}$/u.test(word) ? word.slice(0, 5) : word;
}
