import type { TokenDecoder } from "./tokenizer.ts";

/** Bytes of a token, of any length. */
export type BytesOfToken = (token: number) => Uint8Array;

/** A {@link TokenDecoder} over bytes: a character leaves when its last byte is there, a wrong byte as U+FFFD at once. */
export class Utf8TokenDecoder implements TokenDecoder {
  readonly #bytesOf: BytesOfToken;
  readonly #decoder: TextDecoder = newUtf8Decoder();

  constructor(bytesOf: BytesOfToken) {
    this.#bytesOf = bytesOf;
  }

  push(token: number): string {
    return this.#decoder.decode(this.#bytesOf(token), { stream: true });
  }

  flush(): string {
    return this.#decoder.decode();
  }
}

/** UTF-8 as the models mean it: U+FEFF is a character, not a mark to be dropped. */
export function newUtf8Decoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}
