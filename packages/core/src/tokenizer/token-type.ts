/** What a vocabulary entry is, numbered as GGUF does (`tokenizer.ggml.token_type`). */
export const TokenType: {
  readonly undefined: 0;
  readonly normal: 1;
  readonly unknown: 2;
  readonly control: 3;
  readonly userDefined: 4;
  readonly unused: 5;
  readonly byte: 6;
} = { undefined: 0, normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 };
