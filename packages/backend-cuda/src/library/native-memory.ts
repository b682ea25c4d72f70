/**
 * Arrays that C may hold the address of. Hazard: V8 keeps small typed arrays in its own heap, where they move; those over
 * an `ArrayBuffer` of their own stay. They must be referenced for as long as C uses them.
 */
export const nativeMemory: {
  bytes(length: number): Uint8Array<ArrayBuffer>;
  int8(length: number): Int8Array<ArrayBuffer>;
  int32(length: number): Int32Array<ArrayBuffer>;
  pointers(length: number): BigUint64Array<ArrayBuffer>;
} = {
  bytes: (length) => new Uint8Array(new ArrayBuffer(length)),
  int8: (length) => new Int8Array(new ArrayBuffer(length)),
  int32: (length) => new Int32Array(new ArrayBuffer(4 * length)),
  pointers: (length) => new BigUint64Array(new ArrayBuffer(8 * length)),
};
