import { invalidArgument } from "../check-argument.ts";
import type { Constraint } from "../generation/constraints/constraint.ts";
import type { Act, SayContext, Verdict, VerifyContext } from "./act.ts";
import { ActFields } from "./act-fields.ts";
import type { TranslationState } from "./translation-state.ts";

/** A kind of act: what all acts of it have in common, for any data. */
export interface ActDefinition<Data extends object> {
  /** Lower-case kebab word: `include-terms`. */
  readonly kind: string;
  /** What the reply to it is: a translation that takes the place of the last one, or words about it. */
  readonly replies: Act["replies"];
  /** The data, from fields that can hold anything. Throws `argument-invalid`, as the methods of `fields` do. */
  read(fields: ActFields): Data;
  say(data: Data, context: SayContext): string;
  /** Default: nothing that is carried changes. */
  apply?(data: Data, state: TranslationState): TranslationState;
  /** Default: nothing beyond what is carried. */
  forReply?(data: Data, state: TranslationState): TranslationState;
  constrain?(data: Data, state: TranslationState): readonly Constraint[];
  verify(data: Data, reply: string, context: VerifyContext): Verdict;
}

/** Makes the acts of one kind. */
export interface ActType<Data extends object = object> {
  readonly kind: string;
  /** @throws BayLingError `argument-invalid` that names the field */
  create(data: unknown): Act<Data>;
}

/**
 * Makes a kind of act. Built-in acts are made with it, and so can be an application's own:
 *
 *     const rhyme = defineAct<{ scheme: string }>({
 *       kind: "rhyme",
 *       replies: "translation",
 *       read: (fields) => ({ scheme: fields.text("scheme") }),
 *       say: ({ scheme }, { language }) => (language === "de" ? `Reime nach dem Schema ${scheme}.` : `Rhyme as ${scheme}.`),
 *       verify: () => ({ outcome: "unknown", reason: "nobody can count on ears here" }),
 *     });
 *     session.apply(rhyme.create({ scheme: "abab" }));
 *
 * @throws BayLingError `argument-invalid` for a definition that is none
 */
export function defineAct<Data extends object>(definition: ActDefinition<Data>): ActType<Data> {
  checkDefinition(definition);
  const { kind, replies } = definition;
  return {
    kind,
    create(given) {
      const fields = new ActFields(kind, given);
      const data = Object.freeze(withoutUndefined(definition.read(fields)));
      fields.end();
      return {
        kind,
        data,
        replies,
        say: (context) => definition.say(data, context),
        apply: (state) => definition.apply?.(data, state) ?? state,
        forReply: (state) => definition.forReply?.(data, state) ?? state,
        constrain: (state) => definition.constrain?.(data, state) ?? [],
        verify: (reply, context) => definition.verify(data, reply, context),
      };
    },
  };
}

function checkDefinition(definition: unknown): void {
  if (typeof definition !== "object" || definition === null)
    throw invalidArgument("definition", "an object", definition);
  const { kind, replies, ...methods } = definition as Record<string, unknown>;
  if (typeof kind !== "string" || !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(kind)) {
    throw invalidArgument("kind", "a lower-case kebab word such as include-terms", kind);
  }
  if (replies !== "translation" && replies !== "text") {
    throw invalidArgument("replies", '"translation" or "text"', replies, kind);
  }
  for (const name of ["read", "say", "verify"]) {
    if (typeof methods[name] !== "function") throw invalidArgument(name, "a function", methods[name], kind);
  }
  for (const name of ["apply", "forReply", "constrain"]) {
    if (methods[name] !== undefined && typeof methods[name] !== "function") {
      throw invalidArgument(name, "a function", methods[name], kind);
    }
  }
}

function withoutUndefined<Data extends object>(data: Data): Data {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as Data;
}
