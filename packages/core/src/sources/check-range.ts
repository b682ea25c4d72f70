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
      received: `${offset}, ${length}`,
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
