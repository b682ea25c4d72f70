import type { TextPart } from "../tokenizer/tokenizer.ts";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface RenderOptions {
  /**
   * The last message is the beginning of the reply: its turn stays open, byte for byte as it is, and the model goes on
   * with it. Default false: the dialogue ends with the user, and the reply is to be written from its beginning.
   */
  readonly continueLast?: boolean | undefined;
  /**
   * What a Jinja template may ask for besides the messages, such as `enable_thinking` or `date_string`. Trusted: never
   * put a person's words there. The built-in templates ask for nothing.
   */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Writes a dialogue the way a model was taught to read it.
 *
 * Every template reads dialogues alike (`readDialogue`): system messages stand in front, neighbours of one role become
 * one message with an empty line between them, the user begins, and the user, or with `continueLast` the assistant, is
 * last. A message that is empty is a turn that is empty, never one that is open.
 */
export interface ChatTemplate {
  readonly name: string;
  /** Stands where a dialogue has no system message. An empty system message keeps it away. */
  readonly defaultSystemPrompt?: string | undefined;
  /** The model knows no turn of the system: its prompt is written into one of the user's. Default false. */
  readonly foldsSystemPrompt?: boolean | undefined;
  /** Text that ends a reply and is no part of it. Default none. */
  readonly stop?: readonly string[] | undefined;
  /** Spellings of tokens that end a reply, in vocabularies that have them. Default: the model's own end tokens. */
  readonly stopTokens?: readonly string[] | undefined;
  /** Control tokens that it writes: a vocabulary without them is not what it is for. Default: not known. */
  readonly controlTokens?: readonly string[] | undefined;
  /**
   * A space stands between the prompt and the reply. The model writes it, and so does {@link render} in front of earlier
   * replies: take one away from the beginning of what the model wrote. Default false.
   */
  readonly spaceBeforeReply?: boolean | undefined;
  /**
   * The prompt that asks for the next reply. Only what the template itself writes is trusted to hold special tokens;
   * what people and models said stays text, and where it spells what begins a turn, a zero-width space within it keeps
   * it from doing so. Whether a beginning-of-sequence token is there is for `encodeDialogue` to see.
   * @throws BayLingError `argument-invalid` for messages that are no dialogue, `template-invalid`
   */
  render(messages: readonly ChatMessage[], options?: RenderOptions): readonly TextPart[];
}
