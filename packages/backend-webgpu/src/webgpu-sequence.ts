import type { BackendSequence } from "@bayling/core/backend";
import { TokenLog } from "./cache/token-log.ts";
import { disposed } from "./webgpu-errors.ts";

/** What a sequence asks of the model that it belongs to. */
export interface SequenceOwner {
  /** Gives back the pages that the sequence needs no longer. */
  truncated(sequence: WebGpuSequence): void;
  fork(sequence: WebGpuSequence): Promise<WebGpuSequence>;
  disposed(sequence: WebGpuSequence): void;
}

/** The tokens of one sequence, and the pages of the KV cache that hold them. */
export class WebGpuSequence implements BackendSequence {
  readonly #owner: SequenceOwner;
  readonly #tokens: TokenLog = new TokenLog();
  #disposed = false;
  /** Which row of the page table is its own. */
  readonly index: number;
  /** Pages by position / page size; those of the engine that is running now. */
  pages: number[] = [];
  /** Pages from this index on are not in the page table on the GPU yet. */
  unwrittenPages = 0;
  /** How many of its tokens the engine that is running now has in its cache: all, unless the one before was lost. */
  cached = 0;

  constructor(owner: SequenceOwner, index: number) {
    this.#owner = owner;
    this.index = index;
  }

  get position(): number {
    return this.#tokens.length;
  }

  /** All tokens that were evaluated: what the cache is rebuilt from when the GPU was lost. */
  get tokens(): Uint32Array {
    return this.#tokens.view();
  }

  /** Counts tokens as evaluated, and as cached. */
  append(tokens: Uint32Array): void {
    this.#tokens.append(tokens);
    this.cached = this.position;
  }

  /** The cache is gone with its engine; the tokens stay. */
  forgetCache(): void {
    this.pages = [];
    this.unwrittenPages = 0;
    this.cached = 0;
  }

  doTruncate(position: number): void {
    this.check();
    this.#tokens.truncate(position);
    this.cached = Math.min(this.cached, position);
    this.#owner.truncated(this);
  }

  async doFork(): Promise<BackendSequence> {
    this.check();
    return this.#owner.fork(this);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#owner.disposed(this);
  }

  check(): void {
    if (this.#disposed) throw disposed("sequence");
  }
}
