import { nativeMemory } from "./native-memory.ts";

/** `llama_model_kv_override`: a tag, a key of 128 bytes, and a value of 128 bytes behind padding to eight. */
const [entryBytes, keyAt, valueAt, mostCharacters] = [264, 4, 136, 127];
const tags = { integer: 0, text: 3 } as const;

/** Metadata that llama.cpp is to read in place of what a file says, as `llama_model_params.kv_overrides` wants them. */
export function metadataOverrides(entries: Readonly<Record<string, number | string>>): Uint8Array<ArrayBuffer> {
  const given = Object.entries(entries);
  const memory = nativeMemory.bytes((given.length + 1) * entryBytes); // the last, with an empty key, is the end
  const view = new DataView(memory.buffer);
  for (const [index, [key, value]] of given.entries()) {
    const at = index * entryBytes;
    const isText = typeof value === "string";
    view.setInt32(at, isText ? tags.text : tags.integer, true);
    writeText(memory, at + keyAt, key);
    if (isText) writeText(memory, at + valueAt, value);
    else view.setBigInt64(at + valueAt, BigInt(value), true);
  }
  return memory;
}

function writeText(memory: Uint8Array, at: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > mostCharacters)
    throw new RangeError(`llama.cpp takes no more than ${mostCharacters} bytes: ${text}`);
  memory.set(bytes, at);
}
