import type { Constraint } from "../generation/constraints/constraint.ts";
import { forbid } from "../generation/constraints/forbid.ts";
import { keepPrefix } from "../generation/constraints/keep-prefix.ts";
import { limitLength } from "../generation/constraints/length-limit.ts";
import { protectSpans } from "../generation/constraints/protect.ts";
import {
  findProtectedSpans,
  type ProtectedKind,
  protectedKinds,
} from "../generation/constraints/protection/protected-spans.ts";
import { requireTerms } from "../generation/constraints/require-terms.ts";
import type { Act, InstructionLanguage } from "./act.ts";
import { languageName } from "./language.ts";
import { type SegmentContext, speaks, type TranslationProfile } from "./profiles/translation-profile.ts";
import { requiredIn } from "./required-terms.ts";
import type { TranslationState } from "./translation-state.ts";

export interface TurnSettings {
  readonly profile: TranslationProfile;
  readonly instructionLanguage: InstructionLanguage;
  readonly seed: number;
  /** What of the source comes out unaltered; `true` as {@link TranslatorOptions} says. */
  readonly protect: boolean | readonly ProtectedKind[];
  /** Sentences before the source, with their translations as they are now. */
  readonly context: () => readonly SegmentContext[];
}

export interface TurnOptions extends TurnSettings {
  /** How this translation begins, over what the state says. */
  readonly prefix: string | Uint8Array | undefined;
}

/** What a turn is about, before anything runs. */
export interface TurnPlan {
  /** What is carried from now on. */
  readonly state: TranslationState;
  /** The same with what is asked of this reply alone: what decoding and checks go by. */
  readonly asked: TranslationState;
  readonly instruction: string;
  /** The dialogue so far is part of the prompt; otherwise the instruction stands alone. */
  readonly inDialogue: boolean;
  readonly constraints: readonly Constraint[];
  readonly notes: readonly string[];
}

/**
 * Works out what an act asks for. A model that was taught translation only is told the translation anew, with what
 * decoding can enforce.
 */
export function planTurn(act: Act, before: TranslationState, settings: TurnOptions): TurnPlan {
  const { profile, instructionLanguage: language, seed } = settings;
  const state = act.apply(before);
  const wanted = act.forReply?.(state) ?? state;
  const asked = settings.prefix === undefined ? wanted : { ...wanted, prefix: settings.prefix };
  const isFirst = before.translation === undefined;
  const inDialogue = !isFirst && profile.follows === "acts";
  const constraints = act.replies === "translation" ? constraintsOf(asked, act, settings) : [];
  const words = act.say({ language, seed, state: before });
  // Without the beginning that a person types: a prompt that changes with each key would be read anew each time.
  const request = () => requestFor(wanted, settings);
  const isSaid =
    act.kind === "translate" ||
    profile.follows !== "acts" ||
    (profile.saysRules === true && rules.some((rule) => before[rule] !== wanted[rule]));
  const first = () => (isSaid ? request() : `${request()}\n${words}`);
  const notes = notesOf(act, asked, constraints, profile);
  return { state, asked, instruction: inDialogue ? words : first(), inDialogue, constraints, notes };
}

const rules = ["required", "forbidden", "glossary", "length", "register", "formats", "prefix"] as const;

/** What a first translation is asked with. */
export function requestFor(
  state: TranslationState,
  { profile, instructionLanguage: language, context }: TurnSettings,
): string {
  const { from, to, source } = state;
  return profile.say({ from, to, source, terms: requiredIn(state), state, context: context(), language });
}

/** What of the request the model was never taught. */
function notesOf(
  { kind }: Act,
  { from, to }: TranslationState,
  constraints: readonly Constraint[],
  profile: TranslationProfile,
): string[] {
  const { name, follows, taughtActs } = profile;
  const notes = [from, to]
    .filter((tag) => !speaks(profile, tag))
    .map((tag) => `${name} was not taught ${languageName(tag, "en")}: take its translation as an experiment`);
  if (follows !== "acts" && kind !== "translate") {
    const kept = constraints.map((constraint) => constraint.name).join(", ");
    notes.push(
      `${name} was not taught to follow "${kind}": the text is translated anew, and decoding holds it to ` +
        `${kept === "" ? "nothing, since nothing of it can be enforced" : kept}`,
    );
  } else if (taughtActs.length > 0 && !taughtActs.includes(kind)) {
    notes.push(`${name} was not taught "${kind}" in particular, and may not follow it`);
  }
  return notes;
}

/**
 * Everything, but numbers only where they are bare digits: 1,234.5 is 1.234,5 in German, and a date has another order.
 */
function protectedByDefault({ source, formats }: TranslationState): readonly ProtectedKind[] {
  const numbers = findProtectedSpans(source, { kinds: ["number"] });
  const alike = formats === undefined && numbers.every(({ text }) => /^\p{Nd}+$/u.test(text));
  return alike ? protectedKinds : protectedKinds.filter((kind) => kind !== "number");
}

/** What decoding can enforce of a state, and of an act. */
function constraintsOf(asked: TranslationState, act: Act, { protect }: TurnSettings): Constraint[] {
  const constraints: Constraint[] = [];
  const required = requiredIn(asked);
  if (required.length > 0) constraints.push(requireTerms(required.map(({ forms }) => forms)));
  if (asked.forbidden.length > 0) constraints.push(forbid(asked.forbidden));
  if (asked.length !== undefined) constraints.push(limitLength(asked.length));
  if (asked.prefix !== undefined && asked.prefix.length > 0) constraints.push(keepPrefix(asked.prefix));
  const kinds = protect === true ? protectedByDefault(asked) : protect === false ? [] : protect;
  if (kinds.length > 0) {
    const spans = protectSpans(asked.source, { kinds });
    if (spans.requiredBytes > 0) constraints.push(spans);
  }
  return [...constraints, ...(act.constrain?.(asked) ?? [])];
}
