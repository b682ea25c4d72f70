/** 32 bits of a text, the same on every machine (FNV-1a over UTF-16 units, with the finalizer of MurmurHash3). */
export function hash32(text: string, seed = 0): number {
  let bits = (0x811c9dc5 ^ seed) >>> 0;
  for (let index = 0; index < text.length; index++) bits = Math.imul(bits ^ text.charCodeAt(index), 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
