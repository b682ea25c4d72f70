import { BayLingError, type ChatMessage, type Tokenizer } from "@bayling/core";
import { type ChatTemplate, templateStops } from "@bayling/core/prompt";

/** A dialogue as a model reads it in training. */
export interface EncodedDialogue {
  /** `[tokens]` */
  readonly tokens: Uint32Array;
  /** Of each token, whether the model is to learn to write it: 1 for replies and what ends them. `[tokens]` */
  readonly isReply: Uint8Array;
}

/**
 * Encodes a dialogue token by token as sessions and chats will: before each reply stands what the model will be shown,
 * and the reply ends with the token that will end it.
 * @param messages the user and the assistant in turns, the assistant last; a system message may stand in front
 * @returns `undefined` where the text of a turn would be cut into other tokens once the next one stands behind it
 * @throws BayLingError `template-invalid` for a template whose replies end with no token
 */
export function encodeDialogue(
  messages: readonly ChatMessage[],
  template: ChatTemplate,
  tokenizer: Tokenizer,
): EncodedDialogue | undefined {
  const encode = (count: number, continueLast: boolean, more: readonly ChatMessage[] = []) => {
    const parts = template.render([...messages.slice(0, count), ...more], { continueLast });
    const [first] = parts;
    const bos = tokenizer.bosToken === undefined ? undefined : tokenizer.tokenText(tokenizer.bosToken);
    const beginsWithBos = bos !== undefined && first?.parseSpecial === true && first.text.startsWith(bos);
    return tokenizer.encode(parts, { addBos: beginsWithBos ? false : undefined });
  };
  // What follows a reply is seen where something follows it.
  const whole = encode(messages.length, false, [{ role: "user", content: "." }]);
  const isReply = new Uint8Array(whole.length);
  let end = 0;
  for (const [index, { role }] of messages.entries()) {
    if (role !== "assistant") continue;
    const [prompt, head] = [encode(index, false), encode(index + 1, true)];
    if (!isPrefix(prompt, head) || !isPrefix(head, whole)) return undefined;
    checkEnd(whole[head.length], template, tokenizer);
    end = head.length + 1;
    isReply.fill(1, prompt.length, end);
  }
  return { tokens: Uint32Array.from(whole.slice(0, end)), isReply: isReply.slice(0, end) };
}

function isPrefix(prefix: readonly number[], tokens: readonly number[]): boolean {
  return prefix.length <= tokens.length && prefix.every((token, index) => token === tokens[index]);
}

function checkEnd(token: number | undefined, template: ChatTemplate, tokenizer: Tokenizer): void {
  const { stopTokens } = templateStops(template, tokenizer);
  if (token !== undefined && (tokenizer.endTokens.has(token) || stopTokens.includes(token))) return;
  throw new BayLingError("template-invalid", {
    field: template.name,
    problem: "replies of this template do not end with a token of the vocabulary that ends text",
    expected: [...tokenizer.endTokens].map((id) => tokenizer.tokenText(id)).join(" or "),
    received: token === undefined ? "nothing" : tokenizer.tokenText(token),
    remedy: "Take a template that the vocabulary was made for, such as bayling for vocabularies with </s>",
  });
}
