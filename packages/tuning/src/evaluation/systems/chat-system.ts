import type { ChatMessage } from "@bayling/core";

/** What a reply may be like. */
export interface ReplyRequest {
  /** Tokens. Default: what the system was made with. */
  readonly maxTokens?: number | undefined;
  /** Default: what the system was made with. */
  readonly temperature?: number | undefined;
  /** Of the draw, where there is one. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A system under test, or a judge: whatever replies to messages. */
export interface ChatSystem {
  /** As tables show it. */
  readonly name: string;
  /** All that decides its replies; a run that goes on has to have the same. */
  readonly settings: Readonly<Record<string, string | number | boolean | undefined>>;
  /** How many replies it can write at a time. */
  readonly concurrency: number;
  /** The reply to the last message, which is the user's. */
  reply(messages: readonly ChatMessage[], request?: ReplyRequest): Promise<string>;
}
