import { invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { ChatTemplate, RenderOptions } from "./chat-template.ts";
import { type Dialogue, readDialogue } from "./dialogue.ts";
import { type Jinja, type JinjaNode, longestTemplate, renderGuarded } from "./guarded-jinja.ts";
import { JinjaPlaceholders, type Rendering } from "./jinja-placeholders.ts";
import { type ProbedTemplate, probeJinja } from "./jinja-probe.ts";
import { markersIn, neutralizerFor } from "./role-markers.ts";

/** The spelling of the tokens that templates refer to. */
export interface TemplateTokens {
  readonly bosToken: string;
  readonly eosToken: string;
  /**
   * Whether a spelling is a control token of the vocabulary. Without it all marks of turns are taken for mere text, which
   * people's words are kept from spelling.
   */
  readonly isControl?: ((spelling: string) => boolean) | undefined;
}

/**
 * A Hugging Face `chat_template`. Contents go through it as placeholders and are put in afterwards, so that nothing
 * that a person writes is ever taken for the template's own control tokens. A template that loops or grows without end
 * is stopped.
 *
 * A system prompt that it refuses or leaves out is written in front of the first words of the user. What it needs beyond
 * messages (`tools`, `enable_thinking`, a date) comes by {@link RenderOptions.variables}.
 * @throws BayLingError `template-invalid` when the template cannot be parsed
 */
export async function createJinjaTemplate(source: string, tokens: TemplateTokens): Promise<ChatTemplate> {
  if (typeof source !== "string") throw invalidArgument("source", "the text of a Jinja template", source);
  const { bosToken, eosToken, isControl = () => false } = tokens;
  const jinja = (await import("@huggingface/jinja")) as Jinja;
  const program = new JinjaProgram(jinja, source, { bosToken, eosToken });
  const traits = probeJinja(program, isControl);
  const neutralize = traits === undefined ? undefined : neutralizerFor(traits.markers);
  return {
    name: "jinja",
    ...{ stop: traits?.stop, stopTokens: traits?.stopTokens },
    ...{ foldsSystemPrompt: traits?.foldsSystemPrompt, spaceBeforeReply: traits?.spaceBeforeReply },
    render(messages, options) {
      const read = readDialogue(messages, options);
      const cut = traits?.cutThoughts;
      const dialogue = cut === undefined ? read : { ...read, turns: read.turns.map(cutTurn(cut, read.continues)) };
      return attempt("rendered", () => {
        const { placeholders, rendering } = program.renderFolding(
          dialogue,
          options?.variables ?? {},
          traits?.foldsSystemPrompt === true,
        );
        const ownMarkers = () => markersIn(rendering.pieces.join("\n"), isControl);
        return placeholders.fill(rendering, neutralize ?? neutralizerFor(ownMarkers()));
      });
    },
  };
}

type Variables = NonNullable<RenderOptions["variables"]>;
type Turn = Dialogue["turns"][number];

function cutTurn(cut: (reply: string) => string, continues: boolean) {
  return (turn: Turn, index: number, turns: readonly Turn[]): Turn =>
    turn.role === "user" || (continues && index === turns.length - 1) ? turn : { ...turn, content: cut(turn.content) };
}

/** A rendering, and what fills it. */
interface RenderedDialogue {
  readonly placeholders: JinjaPlaceholders;
  readonly rendering: Rendering;
}

class JinjaProgram implements ProbedTemplate {
  readonly #jinja: Jinja;
  readonly #program: JinjaNode;
  readonly #tokens: Omit<TemplateTokens, "isControl">;
  readonly #own: string;

  constructor(jinja: Jinja, source: string, tokens: Omit<TemplateTokens, "isControl">) {
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
