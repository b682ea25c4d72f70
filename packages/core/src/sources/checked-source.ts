import { describeValue, invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { ByteSource, ReadOptions } from "./byte-source.ts";

/**
 * A {@link ByteSource} of the caller that keeps its promises: as many bytes as were asked for, in an array of their
 * own (not a view of a pool, as Node's `Buffer` is), and errors of this SDK.
 * @throws BayLingError `argument-invalid` for a source without a name, a size or methods
 */
export function checkedSource(source: ByteSource): ByteSource {
  const { name, size } = source;
  if (typeof name !== "string") throw invalidArgument("source.name", "a string", name);
  if (!Number.isSafeInteger(size) || size < 0) throw invalidArgument("source.size", "bytes, a whole number", size);
  if (typeof source.read !== "function") throw invalidArgument("source.read", "a function", source.read);
  return {
    name,
    size,
    async read(offset: number, length: number, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
      let bytes: unknown;
      try {
        bytes = await source.read(offset, length, options);
      } catch (cause) {
        if (BayLingError.isInstance(cause) || options.signal?.aborted === true) throw cause;
        throw new BayLingError("source-unreadable", {
          source: name,
          problem: `the source failed: ${cause instanceof Error ? cause.message : describeValue(cause)}`,
          cause,
        });
      }
      if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
        throw new BayLingError("source-unreadable", {
          source: name,
          problem: "the source did not give what was asked for",
          expected: `a Uint8Array of ${length} bytes`,
          received: bytes instanceof Uint8Array ? `${bytes.length} bytes` : describeValue(bytes),
        });
      }
      const own = Object.getPrototypeOf(bytes) === Uint8Array.prototype && bytes.buffer.byteLength === length;
      return own ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
    },
    dispose: () => source.dispose(),
  };
}
