/** What the files beside a vocabulary (`tokenizer_config.json`, `generation_config.json`) say its tokens are for. */
export interface TokenRoles {
  /** Spellings. */
  readonly bos?: string | undefined;
  readonly eos?: string | undefined;
  readonly padding?: string | undefined;
  /** Whether encoding begins with the beginning-of-sequence token. */
  readonly addsBos?: boolean | undefined;
  /** Ids that end a reply. */
  readonly endIds?: readonly number[] | undefined;
}

/** A token that was added to a vocabulary after its training. */
export interface AddedToken {
  readonly id: number;
  readonly text: string;
  /** Found only in text that may hold special tokens. */
  readonly special: boolean;
}
