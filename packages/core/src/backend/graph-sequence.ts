import { BayLingError } from "../errors.ts";
import type { BackendSequence } from "./backend.ts";
import type { ComputeContext, DeviceBuffer, DeviceWeight } from "./compute-device.ts";

/** What the caches of a model have in common. */
export interface CacheShape {
  readonly layers: number;
  /** Elements of one position: keyValueHeads · headSize. */
  readonly width: number;
  /** The most positions that a sequence holds. */
  readonly contextLength: number;
}

const firstCapacity = 64;

/** A KV cache of one sequence in device buffers, one for keys and one for values a layer, that grow by doubling. */
export class GraphSequence<B extends DeviceBuffer, W extends DeviceWeight> implements BackendSequence {
  readonly #context: ComputeContext<B, W>;
  readonly #shape: CacheShape;
  readonly #onDispose: (sequence: GraphSequence<B, W>) => void;
  readonly #createSibling: () => GraphSequence<B, W>;
  #capacity = 0;
  #position = 0;
  #disposed = false;
  keyCaches: B[] = [];
  valueCaches: B[] = [];

  constructor(
    context: ComputeContext<B, W>,
    shape: CacheShape,
    createSibling: () => GraphSequence<B, W>,
    onDispose: (sequence: GraphSequence<B, W>) => void,
  ) {
    this.#context = context;
    this.#shape = shape;
    this.#createSibling = createSibling;
    this.#onDispose = onDispose;
  }

  get position(): number {
    return this.#position;
  }

  /** Makes room for positions below `length`; what is cached stays. */
  reserve(length: number): void {
    this.#check();
    if (length <= this.#capacity) return;
    const capacity = Math.min(this.#shape.contextLength, Math.max(firstCapacity, 2 ** Math.ceil(Math.log2(length))));
    const grown: B[] = [];
    const used = this.#position * this.#shape.width;
    try {
      for (const cache of [...this.keyCaches, ...this.valueCaches]) {
        const larger = this.#context.allocate(capacity * this.#shape.width);
        grown.push(larger);
        this.#context.copy(cache, 0, larger, 0, used);
      }
      while (grown.length < 2 * this.#shape.layers) grown.push(this.#context.allocate(capacity * this.#shape.width));
    } catch (error) {
      for (const buffer of grown) this.#context.free(buffer);
      throw error;
    }
    this.#free();
    this.#capacity = capacity;
    this.keyCaches = grown.slice(0, this.#shape.layers);
    this.valueCaches = grown.slice(this.#shape.layers);
  }

  /** Counts `tokens` more positions as evaluated. */
  advance(tokens: number): void {
    this.#position += tokens;
  }

  doTruncate(position: number): void {
    this.#check();
    this.#position = position;
  }

  doFork(): Promise<BackendSequence> {
    return new Promise((resolve) => {
      this.#check();
      const fork = this.#createSibling();
      try {
        fork.reserve(this.#position);
        const used = this.#position * this.#shape.width;
        for (let layer = 0; layer < this.#shape.layers && used > 0; layer++) {
          this.#context.copy(this.keyCaches[layer]!, 0, fork.keyCaches[layer]!, 0, used);
          this.#context.copy(this.valueCaches[layer]!, 0, fork.valueCaches[layer]!, 0, used);
        }
        fork.advance(this.#position);
      } catch (error) {
        fork.dispose();
        throw error;
      }
      resolve(fork);
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#free();
    this.#onDispose(this);
  }

  #free(): void {
    for (const buffer of this.keyCaches) this.#context.free(buffer);
    for (const buffer of this.valueCaches) this.#context.free(buffer);
    this.keyCaches = [];
    this.valueCaches = [];
  }

  #check(): void {
    if (this.#disposed) throw new BayLingError("disposed", { source: "sequence", problem: "the sequence is disposed" });
  }
}
