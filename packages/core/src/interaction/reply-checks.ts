import type { Verdict, VerifyContext } from "./act.ts";
import { fixedParts, type Phrasings } from "./phrasing.ts";
import { allOf, fail, pass, unknown } from "./verdict.ts";
import { checkNoRefusal, checkNoTalk } from "./verifiers/manners.ts";
import { checkNoLoop } from "./verifiers/repetition.ts";

/**
 * The verdict on what was asked, for a reply that is a translation and nothing else. One that talks, refuses, goes round
 * in circles or repeats the instruction fails: a term in such words is no term in a translation.
 */
export function checkTranslation(
  reply: string,
  { before, after }: VerifyContext,
  phrasings: Phrasings,
  asked: (translation: string) => Verdict,
): Verdict {
  if (reply.trim() === "") return fail("the reply is empty");
  const sound = allOf([
    checkNoTalk(reply, after.source),
    checkNoRefusal(reply, after.source),
    checkNoLoop(reply, after.source),
    checkNoEcho(reply, [after.source, before.translation ?? ""], phrasings),
  ]);
  if (sound.outcome === "fail") return sound;
  return sound.outcome === "pass" ? asked(reply) : allOf([sound, asked(reply)]);
}

/** The verdict on words about a translation: they can be wrong in ways that show, but not right in any that does. */
export function checkText(reply: string, { after }: VerifyContext, reason: string): Verdict {
  if (reply.trim() === "") return fail("the reply is empty");
  const sound = allOf([checkNoRefusal(reply, after.source), checkNoLoop(reply, after.source)]);
  return sound.outcome === "fail" ? sound : unknown(reason);
}

/** Whether a reply is free of the instruction's own words, where the texts at hand do not have them. */
function checkNoEcho(reply: string, texts: readonly string[], phrasings: Phrasings): Verdict {
  const words = reply.toLowerCase();
  const echo = fixedParts(phrasings).find((part) => {
    const lower = part.toLowerCase();
    return words.includes(lower) && !texts.some((text) => text.toLowerCase().includes(lower));
  });
  return echo === undefined
    ? pass("it does not repeat the instruction")
    : fail(`it repeats the instruction: "${echo}"`);
}
