import { invalidArgument } from "../check-argument.ts";
import type { ChatMessage, RenderOptions } from "./chat-template.ts";

/** A dialogue that every template can write. */
export interface Dialogue {
  /** `undefined` when no system message is there; then the template's own may stand in its place. */
  readonly system: string | undefined;
  /** The user and the assistant in turns; the user begins. */
  readonly turns: readonly Turn[];
  /** Whether the last turn is the assistant's and stays open. Otherwise the user's is last. */
  readonly continues: boolean;
}

export interface Turn {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** Between messages of one role that become one. */
const separator = "\n\n";

/**
 * What messages say, in the one form that all templates share: many models refuse anything but turns that alternate, so
 * neighbours of one role are joined, and what has no place in such a dialogue is an error. A continued message that is
 * empty is left out, which asks for the reply from its beginning.
 * @throws BayLingError `argument-invalid` that names the message
 */
export function readDialogue(messages: readonly ChatMessage[], options: RenderOptions = {}): Dialogue {
  const { continueLast } = checkRenderOptions(options);
  if (!Array.isArray(messages)) throw invalidArgument("messages", "an array of messages", messages);
  let system: string | undefined;
  const turns: Turn[] = [];
  // Not `forEach`, which passes holes over.
  for (let index = 0; index < messages.length; index++) {
    const { role, content } = checkMessage(messages[index], `messages[${index}]`);
    const last = turns.at(-1);
    if (role === "system") {
      if (last !== undefined) {
        throw invalidArgument(`messages[${index}].role`, '"system" before all other messages only', role);
      }
      system = system === undefined ? content : system + separator + content;
    } else if (last?.role === role) {
      turns[turns.length - 1] = { role, content: last.content + separator + content };
    } else {
      turns.push({ role, content });
    }
  }
  if (turns[0]?.role !== "user") {
    const received = turns.length === 0 ? "none" : "one that begins with the assistant";
    throw invalidArgument("messages", "a dialogue that begins with the user", received);
  }
  const ends = turns.at(-1)?.role === "assistant";
  if (ends !== continueLast) {
    throw ends
      ? invalidArgument("messages", "the user's words last, or continueLast for a reply to go on with", "a reply")
      : invalidArgument("continueLast", "the beginning of a reply as the last message", "the user's words");
  }
  if (!ends || turns.at(-1)?.content !== "") return { system, turns, continues: ends };
  return { system, turns: turns.slice(0, -1), continues: false };
}

/** @throws BayLingError `argument-invalid` */
function checkRenderOptions(options: unknown): { readonly continueLast: boolean } {
  if (typeof options !== "object" || options === null) throw invalidArgument("options", "an object", options);
  const { continueLast = false, variables = {} } = options as Readonly<Record<string, unknown>>;
  if (typeof continueLast !== "boolean") throw invalidArgument("continueLast", "true or false", continueLast);
  if (typeof variables !== "object" || variables === null || Array.isArray(variables)) {
    throw invalidArgument("variables", "an object", variables);
  }
  return { continueLast };
}

function checkMessage(message: unknown, field: string): ChatMessage {
  if (typeof message !== "object" || message === null) {
    throw invalidArgument(field, "an object with role and content", message);
  }
  const { role, content } = message as Partial<ChatMessage>;
  if (role !== "system" && role !== "user" && role !== "assistant") {
    throw invalidArgument(`${field}.role`, '"system", "user" or "assistant"', role);
  }
  if (typeof content !== "string") throw invalidArgument(`${field}.content`, "a string", content);
  return { role, content };
}
