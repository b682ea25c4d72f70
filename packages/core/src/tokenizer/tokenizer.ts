export interface EncodeOptions {
  /** Put the beginning-of-sequence token first. Default: what the model file asks for. */
  readonly addBos?: boolean | undefined;
  /**
   * Turn the spelling of special tokens (`</s>`, `<|eot_id|>`) into their ids. Default `false`: text from a person
   * stays text. Set it only for strings that the program wrote itself.
   */
  readonly parseSpecial?: boolean | undefined;
}

/**
 * A stretch of text with its own trust. Parts are encoded as one text: words run on across their borders, but only
 * parts with `parseSpecial` may hold special tokens. This is how a prompt template keeps a person's words from
 * becoming control tokens.
 */
export interface TextPart {
  readonly text: string;
  readonly parseSpecial: boolean;
}

export interface DecodeOptions {
  /** Spell out control tokens such as `<s>` instead of leaving them out. Default `false`. */
  readonly special?: boolean | undefined;
}

/** Turns ids that arrive one by one into text, and never lets half a character out. */
export interface TokenDecoder {
  /** The text that `token` completes; empty while a character is incomplete. */
  push(token: number): string;
  /** The rest at the end: incomplete bytes come out as U+FFFD. */
  flush(): string;
}

/** A vocabulary with its segmentation algorithm. Immutable and free of side effects: one may serve many sequences. */
export interface Tokenizer {
  readonly kind: "sentencepiece-bpe" | "byte-level-bpe";
  readonly vocabularySize: number;
  readonly bosToken: number | undefined;
  readonly eosToken: number | undefined;
  readonly unknownToken: number | undefined;
  readonly paddingToken: number | undefined;
  /** Tokens that end a reply: end of sequence, end of turn, end of message. */
  readonly endTokens: ReadonlySet<number>;
  /** Whether the model file asks for a beginning-of-sequence token. */
  readonly addsBos: boolean;

  /** Ids of a text, or of parts of different trust. Lone surrogates are encoded as U+FFFD. */
  encode(text: string | readonly TextPart[], options?: EncodeOptions): number[];
  /** Text of ids: the inverse of {@link encode} on any well-formed string. */
  decode(tokens: ArrayLike<number>, options?: DecodeOptions): string;
  /** A decoder for a stream of ids that continues a text (no leading space is taken away). */
  createDecoder(options?: DecodeOptions): TokenDecoder;

  /** The bytes that a token stands for (control tokens: none). @throws BayLingError `token-out-of-range` */
  tokenBytes(token: number): Uint8Array;
  /** The token as the vocabulary spells it, e.g. `▁the`, `Ġthe`, `<0x0A>`. @throws BayLingError `token-out-of-range` */
  tokenText(token: number): string;
  /** The id of a vocabulary entry by its spelling. */
  tokenId(text: string): number | undefined;
  /** Whether the token steers the model (`<s>`, `<|eot_id|>`) rather than standing for text. */
  isControl(token: number): boolean;
}
