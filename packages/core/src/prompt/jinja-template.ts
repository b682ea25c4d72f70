import { invalidArgument } from "../check-argument.ts";
import type { ChatTemplate, RenderOptions } from "./chat-template.ts";
import { type Dialogue, readDialogue } from "./dialogue.ts";
import type { Jinja } from "./guarded-jinja.ts";
import { probeJinja } from "./jinja-probe.ts";
import { attempt, JinjaProgram, type TemplateSpellings } from "./jinja-program.ts";
import { markersIn, neutralizerFor } from "./role-markers.ts";

/** The spelling of the tokens that templates refer to. */
export interface TemplateTokens extends TemplateSpellings {
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
  const { bosToken, eosToken, isControl = () => false } = checkTokens(tokens);
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

type Turn = Dialogue["turns"][number];

function cutTurn(cut: (reply: string) => string, continues: boolean) {
  return (turn: Turn, index: number, turns: readonly Turn[]): Turn =>
    turn.role === "user" || (continues && index === turns.length - 1) ? turn : { ...turn, content: cut(turn.content) };
}

function checkTokens(tokens: TemplateTokens): TemplateTokens {
  if (typeof tokens !== "object" || tokens === null) throw invalidArgument("tokens", "an object", tokens);
  for (const name of ["bosToken", "eosToken"] as const) {
    if (typeof tokens[name] !== "string") throw invalidArgument(name, "the spelling of a token", tokens[name]);
  }
  const { isControl } = tokens;
  if (isControl === undefined || typeof isControl === "function") return tokens;
  throw invalidArgument("isControl", "a function", isControl);
}
