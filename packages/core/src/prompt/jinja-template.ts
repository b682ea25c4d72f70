import { BayLingError } from "../errors.ts";
import type { TextPart } from "../tokenizer/tokenizer.ts";
import type { ChatMessage, ChatTemplate } from "./chat-template.ts";
import { type Jinja, longestTemplate, renderGuarded } from "./guarded-jinja.ts";

/** The spelling of the tokens that templates refer to. */
export interface TemplateTokens {
  readonly bosToken: string;
  readonly eosToken: string;
}

/**
 * A Hugging Face `chat_template`. Contents go through it as placeholders and are put in afterwards, so that nothing
 * that a person writes is ever taken for the template's own control tokens. A template that loops or grows without end
 * is stopped.
 * @throws BayLingError `template-invalid` when the template cannot be parsed
 */
export async function createJinjaTemplate(source: string, tokens: TemplateTokens): Promise<ChatTemplate> {
  const jinja = (await import("@huggingface/jinja")) as Jinja;
  const { parsed } = attempt("parsed", () => {
    if (source.length > longestTemplate) throw new Error(`it is longer than ${longestTemplate} characters`);
    return new jinja.Template(source);
  });
  return {
    name: "jinja",
    render(messages: readonly ChatMessage[]): readonly TextPart[] {
      const placeholders = new Placeholders(source);
      const rendered = attempt("rendered", () =>
        renderGuarded(jinja, parsed, {
          messages: messages.map(({ role, content }) => ({ role, content: placeholders.add(content) })),
          bos_token: tokens.bosToken,
          eos_token: tokens.eosToken,
          add_generation_prompt: true,
        }),
      );
      return placeholders.split(rendered);
    },
  };
}

/** Stand-ins for contents: private-use characters that the template itself does not hold. */
class Placeholders {
  readonly #contents: string[] = [];
  readonly #open: string;

  constructor(template: string) {
    let code = 0xe000;
    while (template.includes(String.fromCharCode(code))) code++;
    this.#open = String.fromCharCode(code);
  }

  add(content: string): string {
    this.#contents.push(content);
    return `${this.#open}${this.#contents.length - 1}${this.#open}`;
  }

  split(rendered: string): TextPart[] {
    return rendered
      .split(this.#open)
      .map((text, index) =>
        index % 2 === 0
          ? { text, parseSpecial: true }
          : { text: this.#contents[Number(text)] ?? "", parseSpecial: false },
      )
      .filter(({ text }) => text !== "");
  }
}

function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new BayLingError("template-invalid", {
      field: "tokenizer.chat_template",
      problem: `the chat template of the model cannot be ${what}: ${cause instanceof Error ? cause.message : cause}`,
      remedy: "Use raw completion, or pass a template of your own",
      cause,
    });
  }
}
