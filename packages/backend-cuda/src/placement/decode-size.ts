/** Tokens of one decode. On the CPU they take long enough for other sequences to wait for them. */
export const batchTokens = { cpu: 128, gpu: 512 } as const;

/** Rows of scores of one decode: each is a row of the vocabulary in memory. */
export const outputRows = 64;
