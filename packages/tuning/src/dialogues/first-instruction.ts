import { type Act, profileByName, type SayContext, type TranslationProfile } from "@bayling/core/interaction";

/** Profiles whose requests a model meets in sessions; the others belong to models that know no acts. */
const profiles: readonly TranslationProfile[] = ["bayling", "chat"].map((name) => profileByName(name)!);

/**
 * The instruction of a first turn: half in the words of the act, half as sessions of `@bayling/core` ask for it, which
 * models are going to be asked with.
 * @param asked what the state carries, as acts
 */
export function sayFirst(act: Act, asked: readonly Act[], context: SayContext): string {
  const { language, seed, state } = context;
  const { from, to, source, required, glossary } = state;
  const known = profiles.filter(({ name }) => name !== "bayling" || language !== "de");
  const profile = known[(seed >>> 3) % known.length]!;
  const terms = [...required, ...glossary.map((entry) => ({ forms: entry.targets, source: entry.source }))];
  const request = () => profile.say({ from, to, source, terms, language });
  const [only, ...more] = asked;
  const isSaid = asked.every(saysTerms);
  const style = seed % 4;
  if (style < 2 && isSaid) return request();
  // Terms would be said twice, and "make it shorter" has nothing to go by.
  if (style === 2 && only !== undefined && more.length === 0 && !saysTerms(only) && only.kind !== "shorten")
    return `${request()}\n${only.say(context)}`;
  return act.say(context);
}

/** Whether a request for a translation says it by itself. */
function saysTerms({ kind }: Act): boolean {
  return kind === "include-terms" || kind === "glossary";
}
