import { closeSync, openSync, readSync } from "node:fs";

/** The lines of a file one by one, each with the offset behind its line break. A last one without a break is none. */
export class LineReader {
  readonly #descriptor: number;
  readonly #chunk = Buffer.allocUnsafe(1 << 16);
  #rest: Buffer = Buffer.alloc(0);
  #readAt = 0;
  /** Where the next line begins. */
  offset = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  next(): string | undefined {
    const parts: Buffer[] = [];
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      if (end !== -1) {
        parts.push(this.#rest.subarray(0, end));
        const line = Buffer.concat(parts);
        this.#rest = this.#rest.subarray(end + 1);
        this.offset += line.length + 1;
        return line.toString("utf8");
      }
      parts.push(Buffer.from(this.#rest));
      const length = readSync(this.#descriptor, this.#chunk, 0, this.#chunk.length, this.#readAt);
      if (length === 0) {
        this.#rest = Buffer.concat(parts);
        return undefined;
      }
      this.#readAt += length;
      this.#rest = this.#chunk.subarray(0, length);
    }
  }
}

/** The lines of a file that ends with a line break. @throws what the system throws */
export function* readLines(file: string): Generator<string, void, undefined> {
  const descriptor = openSync(file, "r");
  try {
    const reader = new LineReader(descriptor);
    for (let line = reader.next(); line !== undefined; line = reader.next()) yield line;
  } finally {
    closeSync(descriptor);
  }
}
