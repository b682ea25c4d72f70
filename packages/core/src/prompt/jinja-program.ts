import { BayLingError } from "../errors.ts";
import type { RenderOptions } from "./chat-template.ts";
import type { Dialogue } from "./dialogue.ts";
import { type Jinja, type JinjaNode, longestTemplate, renderGuarded } from "./guarded-jinja.ts";
import { JinjaPlaceholders, type Rendering } from "./jinja-placeholders.ts";
import type { ProbedTemplate } from "./jinja-probe.ts";

/** What a template is given besides messages. */
export type Variables = NonNullable<RenderOptions["variables"]>;

/** What a template may write by name. */
export interface TemplateSpellings {
  readonly bosToken: string;
  readonly eosToken: string;
}

/** A rendering, and what fills it. */
export interface RenderedDialogue {
  readonly placeholders: JinjaPlaceholders;
  readonly rendering: Rendering;
}

/** A parsed template, and the library that runs it. */
export class JinjaProgram implements ProbedTemplate {
  readonly #jinja: Jinja;
  readonly #program: JinjaNode;
  readonly #tokens: TemplateSpellings;
  readonly #own: string;

  constructor(jinja: Jinja, source: string, tokens: TemplateSpellings) {
    this.#jinja = jinja;
    this.#tokens = tokens;
    this.#own = source + tokens.bosToken + tokens.eosToken;
    this.#program = attempt("parsed", () => {
      if (source.length > longestTemplate) throw new Error(`it is longer than ${longestTemplate} characters`);
      return new jinja.Template(source).parsed;
    });
  }

  write(dialogue: Dialogue, variables: Variables = {}): string {
    const { system, turns, continues } = dialogue;
    return renderGuarded(this.#jinja, this.#program, {
      ...variables,
      messages: [...(system === undefined ? [] : [{ role: "system", content: system }]), ...turns],
      bos_token: this.#tokens.bosToken,
      eos_token: this.#tokens.eosToken,
      add_generation_prompt: !continues,
    });
  }

  render(dialogue: Dialogue): Rendering {
    return this.renderPlaced(dialogue, {}).rendering;
  }

  /** @throws Error also when the system prompt or the last words are left out */
  renderPlaced({ system, turns, continues }: Dialogue, variables: Variables): RenderedDialogue {
    const placeholders = new JinjaPlaceholders(this.#own + JSON.stringify(variables));
    const placed: Dialogue = {
      system: system === undefined ? undefined : placeholders.add(system, false),
      turns: turns.map(({ role, content }, index) => ({
        role,
        content: placeholders.add(content, continues && index === turns.length - 1),
      })),
      continues,
    };
    const { pieces, contents } = placeholders.split(this.write(placed, variables));
    const last = turns.length - (system === undefined ? 1 : 0);
    if (system !== undefined && !contents.includes(0)) throw new Error("it leaves out the system prompt");
    if (!contents.includes(last)) throw new Error("it leaves out the last message");
    if (!continues) return { placeholders, rendering: { pieces, contents } };
    const end = contents.lastIndexOf(last) + 1;
    return { placeholders, rendering: { pieces: [...pieces.slice(0, end), ""], contents: contents.slice(0, end) } };
  }

  /** The same, with the system prompt in front of the first words of the user where it has no turn of its own. */
  renderFolding(dialogue: Dialogue, variables: Variables, folds: boolean): RenderedDialogue {
    if (dialogue.system === undefined) return this.renderPlaced(dialogue, variables);
    if (folds) return this.renderPlaced(foldSystem(dialogue), variables);
    try {
      return this.renderPlaced(dialogue, variables);
    } catch (refusal) {
      try {
        return this.renderPlaced(foldSystem(dialogue), variables);
      } catch {
        throw refusal;
      }
    }
  }
}

function foldSystem({ system = "", turns, continues }: Dialogue): Dialogue {
  const [first, ...others] = turns;
  const content = system === "" ? first!.content : `${system}\n\n${first!.content}`;
  return { system: undefined, turns: [{ role: "user", content }, ...others], continues };
}

/** @throws BayLingError `template-invalid` for whatever the action throws */
export function attempt<T>(what: string, action: () => T): T {
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
