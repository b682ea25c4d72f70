import { invalidArgument } from "../../check-argument.ts";
import { CharacterConstraint } from "./characters/character-constraint.ts";
import type { Requirement } from "./constraint.ts";
import { PlacementAutomaton } from "./protection/placement-automaton.ts";
import { checkProtectedKinds, findProtectedSpans, type ProtectOptions } from "./protection/protected-spans.ts";

/**
 * Asks for every protected span of a source, exactly once and unaltered, wherever the model puts it: tags as they nest,
 * and no tag, placeholder, number and so on that the source does not have. Signs that begin such spans (`{`, backtick)
 * come nowhere else; `<`, `%` and, in a text with tags or entities, `&` at most as often as the source has them for
 * themselves.
 * @throws BayLingError `argument-invalid`
 */
export function protectSpans(source: string, options: ProtectOptions = {}): Requirement<number> {
  if (typeof source !== "string" || !source.isWellFormed())
    throw invalidArgument("source", "a text of whole characters", source);
  const spans = findProtectedSpans(source, options);
  const automaton = new PlacementAutomaton(source, spans, checkProtectedKinds(options));
  return new ProtectedText(`protect ${spans.length === 1 ? "1 span" : `${spans.length} spans`}`, automaton);
}

class ProtectedText extends CharacterConstraint implements Requirement<number> {
  readonly requiredBytes: number;
  readonly #placement: PlacementAutomaton;

  constructor(name: string, placement: PlacementAutomaton) {
    super(name, placement);
    this.#placement = placement;
    this.requiredBytes = placement.requiredBytes;
  }

  writtenBytes(state: number): number {
    const { reached, node } = this.characterState(state);
    const bytes = this.#placement.writtenBytes(reached);
    return node.depth > 0 && this.#restsAfter(state).length > 0 ? bytes + node.depth : bytes;
  }

  continuations(state: number): readonly Uint8Array[] {
    const { reached, node } = this.characterState(state);
    return node.depth === 0 ? this.#placement.continuations(reached) : this.#restsAfter(state);
  }

  /** Within a character: the rests of the spans that go on with it. */
  #restsAfter(state: number): readonly Uint8Array[] {
    const { reached, node } = this.characterState(state);
    const { classes } = this.#placement;
    return this.#placement.continuations(reached).flatMap((bytes) => {
      const codePoint = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, 4)).codePointAt(0)!;
      return node.classes.includes(classes.classOf(codePoint)) ? [bytes.subarray(node.depth)] : [];
    });
  }
}
