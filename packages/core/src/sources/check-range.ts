import { describeValue } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";

/** @throws BayLingError `argument-invalid` for what is no range, `gguf-truncated` for one that passes the end. */
export function checkRange(source: Pick<ByteSource, "name" | "size">, offset: number, length: number): void {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw new BayLingError("argument-invalid", {
      source: source.name,
      field: "offset, length",
      problem: "not a byte range",
      expected: "whole numbers from 0",
      received: `${describeValue(offset)}, ${describeValue(length)}`,
    });
  }
  if (offset + length > source.size) {
    throw new BayLingError("gguf-truncated", {
      source: source.name,
      problem: "the range passes the end",
      expected: `${offset + length} bytes or more`,
      received: `${source.size}`,
    });
  }
}

/** @throws BayLingError `out-of-memory`: sparse files and servers can claim any size */
export function allocate(source: string, length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new BayLingError("out-of-memory", {
      source,
      problem: "the bytes do not fit into memory",
      received: `${length} bytes`,
      remedy: "Read them in pieces",
      cause,
    });
  }
}
