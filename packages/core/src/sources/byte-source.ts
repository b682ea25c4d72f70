/** Options of every read: a read that is cancelled rejects with the signal's reason. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Random access to bytes that may be far away: a file, a `Blob`, a URL. Nothing is held in memory beyond what one
 * `read` returns, so a source can be larger than any heap.
 */
export interface ByteSource {
  /** What a person calls it (path, file name, URL); error messages begin with it. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * The absolute path of the file that holds exactly these bytes, for engines that read files by themselves. Like
   * `contentKey` it is taken from the SDK's own sources only.
   */
  readonly path?: string | undefined;
  /** Says which bytes these are without reading them: equal keys, equal bytes. */
  readonly contentKey?: string | undefined;
  /**
   * Reads exactly `length` bytes from `offset`. The caller owns the array; its `byteOffset` is 0.
   * @throws BayLingError `gguf-truncated` when the range passes the end, `source-unreadable` when the medium fails.
   */
  read(offset: number, length: number, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Releases what the source holds open (a file handle). Reading afterwards throws `disposed`. */
  dispose(): Promise<void>;
}
