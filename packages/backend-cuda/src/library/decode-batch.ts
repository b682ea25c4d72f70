import type { LlamaLibrary, Parameters } from "./llama-library.ts";
import { nativeMemory } from "./native-memory.ts";

/** A `llama_batch` that is filled again and again. */
export class DecodeBatch {
  readonly capacity: number;
  readonly #tokens: Int32Array;
  readonly #positions: Int32Array;
  readonly #sequences: Int32Array;
  readonly #outputs: Int8Array;
  // C holds their addresses.
  readonly #sequenceCounts: Int32Array;
  readonly #sequencePointers: BigUint64Array;
  readonly #struct: { n_tokens: number } & Parameters;
  #length = 0;
  #outputCount = 0;

  constructor(library: LlamaLibrary, capacity: number) {
    this.capacity = capacity;
    this.#tokens = nativeMemory.int32(capacity);
    this.#positions = nativeMemory.int32(capacity);
    this.#sequences = nativeMemory.int32(capacity);
    this.#outputs = nativeMemory.int8(capacity);
    this.#sequenceCounts = nativeMemory.int32(capacity).fill(1);
    this.#sequencePointers = nativeMemory.pointers(capacity);
    const first = library.addressOf(this.#sequences);
    for (let at = 0; at < capacity; at++) this.#sequencePointers[at] = first + 4n * BigInt(at);
    this.#struct = {
      n_tokens: 0,
      token: library.addressOf(this.#tokens),
      embd: null,
      pos: library.addressOf(this.#positions),
      n_seq_id: library.addressOf(this.#sequenceCounts),
      seq_id: library.addressOf(this.#sequencePointers),
      logits: library.addressOf(this.#outputs),
    };
  }

  get length(): number {
    return this.#length;
  }

  /** How many of its tokens are to have scores. */
  get outputCount(): number {
    return this.#outputCount;
  }

  /** Returns the index by which the token's scores are asked for. */
  add(token: number, position: number, sequence: number, hasOutput: boolean): number {
    const at = this.#length++;
    this.#tokens[at] = token;
    this.#positions[at] = position;
    this.#sequences[at] = sequence;
    this.#outputs[at] = hasOutput ? 1 : 0;
    if (hasOutput) this.#outputCount++;
    return at;
  }

  /** Takes over the tokens of another one that is no larger. */
  copyFrom(other: DecodeBatch): void {
    this.#tokens.set(other.#tokens.subarray(0, other.#length));
    this.#positions.set(other.#positions.subarray(0, other.#length));
    this.#sequences.set(other.#sequences.subarray(0, other.#length));
    this.#outputs.set(other.#outputs.subarray(0, other.#length));
    this.#length = other.#length;
    this.#outputCount = other.#outputCount;
  }

  clear(): void {
    this.#length = 0;
    this.#outputCount = 0;
  }

  /** What `llama_decode` takes. */
  toStruct(): Parameters {
    this.#struct.n_tokens = this.#length;
    return this.#struct;
  }
}
