/** Whether bit `id` of a token mask is set. */
export function isAllowed(mask: Uint32Array, id: number): boolean {
  return ((mask[id >>> 5]! >>> (id & 31)) & 1) === 1;
}

/** A mask of `vocabularySize` bits that allows only `ids`. */
export function maskOf(vocabularySize: number, ids: Iterable<number>): Uint32Array {
  const mask = new Uint32Array(Math.ceil(vocabularySize / 32));
  for (const id of ids) mask[id >>> 5]! |= 1 << (id & 31);
  return mask;
}

/** Sets the scores of forbidden tokens to −Infinity, in place. */
export function applyMask(scores: Float32Array, mask: Uint32Array): void {
  for (let id = 0; id < scores.length; id++) if (!isAllowed(mask, id)) scores[id] = -Infinity;
}
