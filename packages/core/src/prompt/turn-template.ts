import type { TextPart } from "../tokenizer/tokenizer.ts";
import type { ChatTemplate } from "./chat-template.ts";
import { readDialogue } from "./dialogue.ts";
import { type Neutralizer, neutralizerFor } from "./role-markers.ts";

/** What a template writes around words; trusted. */
export interface Surroundings {
  readonly before: string;
  readonly after: string;
}

/** A template of which every turn looks alike: what differs between models is data. */
export interface TurnFormat
  extends Pick<
    ChatTemplate,
    "name" | "defaultSystemPrompt" | "stop" | "stopTokens" | "controlTokens" | "spaceBeforeReply"
  > {
  /** The system prompt stands in front of all turns, or within a turn of the user, in front of its words. */
  readonly system: Surroundings & { readonly within?: "first-user-turn" | "last-user-turn" };
  readonly user: Surroundings;
  /** Without the space of `spaceBeforeReply`. */
  readonly assistant: Surroundings;
  /** Written between a reply and the user's next turn. Default nothing. */
  readonly between?: string;
  /** Takes white space from both ends of words, but for those that the model goes on with. */
  readonly trims?: boolean;
  /** What of `before` and `after` is mere text and would let words begin a turn: see {@link neutralizerFor}. */
  readonly markers?: readonly string[];
}

export function createTurnTemplate(format: TurnFormat): ChatTemplate {
  const { name, defaultSystemPrompt, stop, stopTokens, controlTokens, spaceBeforeReply } = format;
  const { within, before: beforeSystem } = format.system;
  const hasOwnTurn = within === undefined && beforeSystem !== "";
  const neutralize = neutralizerFor(format.markers ?? []);
  return {
    ...{ name, defaultSystemPrompt, stop, stopTokens, controlTokens, spaceBeforeReply },
    foldsSystemPrompt: within !== undefined,
    render(messages, options) {
      const { system = defaultSystemPrompt, turns, continues } = readDialogue(messages, options);
      const host = within === "first-user-turn" ? 0 : turns.length - (continues ? 2 : 1);
      const writer = new PartWriter(neutralize);
      const writeSystem = () => {
        // An empty prompt is a turn of its own or nothing.
        if (system === undefined || (system === "" && !hasOwnTurn)) return;
        writer.write(format.system, format.trims === true ? system.trim() : system);
      };
      if (within === undefined) writeSystem();
      for (const [index, { role, content }] of turns.entries()) {
        const open = continues && index === turns.length - 1;
        const words = format.trims === true && !open ? content.trim() : content;
        if (role === "user") {
          if (index > 0) writer.trusted(format.between ?? "");
          writer.trusted(format.user.before);
          if (within !== undefined && index === host) writeSystem();
          writer.untrusted(words);
          writer.trusted(format.user.after);
        } else {
          writer.trusted(format.assistant.before + (spaceBeforeReply === true ? " " : ""));
          writer.untrusted(words);
          if (!open) writer.trusted(format.assistant.after);
        }
      }
      if (!continues) writer.trusted(format.assistant.before);
      return writer.parts;
    },
  };
}

class PartWriter {
  readonly parts: TextPart[] = [];
  readonly #neutralize: Neutralizer;

  constructor(neutralize: Neutralizer) {
    this.#neutralize = neutralize;
  }

  trusted(text: string): void {
    if (text !== "") this.parts.push({ text, parseSpecial: true });
  }

  untrusted(text: string): void {
    if (text !== "") this.parts.push({ text: this.#neutralize(text), parseSpecial: false });
  }

  write({ before, after }: Surroundings, text: string): void {
    this.trusted(before);
    this.untrusted(text);
    this.trusted(after);
  }
}
