import { BayLingError, type ErrorCode } from "../errors.ts";

/** A field of a message in the wire format of Protocol Buffers. */
export interface ProtobufField {
  readonly number: number;
  /** Of whole numbers the lower 32 bits as a signed number, of 32-bit fields the bits; 0 of all others. */
  readonly value: number;
  /** The content of strings, bytes and messages: a view. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * The fields of a message, in order (https://protobuf.dev/programming-guides/encoding). Nothing is copied, and nothing is
 * allocated by what the message claims.
 * @throws BayLingError with `code` for what is cut short or no message
 */
export function* protobufFields(message: Uint8Array, source: string, code: ErrorCode): Generator<ProtobufField> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 0;
  const broken = (problem: string) => new BayLingError(code, { source, problem, received: `at byte ${at}` });
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= message.length) throw broken("the message is cut short");
      const byte = message[at++]!;
      // Beyond 32 bits only that they end.
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw broken("a number has no end");
  };
  const take = (length: number): number => {
    if (length < 0 || length > message.length - at) throw broken("the message is cut short");
    at += length;
    return at - length;
  };
  while (at < message.length) {
    const tag = varint() >>> 0;
    const number = tag >>> 3;
    if (number === 0) throw broken("this is no message");
    switch (tag & 7) {
      case 0:
        yield { number, value: varint(), bytes: undefined };
        break;
      case 1:
        take(8);
        yield { number, value: 0, bytes: undefined };
        break;
      case 2: {
        const length = varint();
        const start = take(length);
        yield { number, value: 0, bytes: message.subarray(start, at) };
        break;
      }
      case 5:
        yield { number, value: view.getInt32(take(4), true), bytes: undefined };
        break;
      default:
        throw broken("this is no message");
    }
  }
}
