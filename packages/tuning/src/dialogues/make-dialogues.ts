import { lexiconKey } from "../alignment/train-lexicon.ts";
import { hash32 } from "../bitext/hashes.ts";
import type { SentencePair } from "../bitext/sentence-pair.ts";
import { Random } from "../random.ts";
import type { Dialogue } from "./dialogue.ts";
import { DialogueMaker, type DialogueSettings } from "./dialogue-maker.ts";
import { directionShare, requestShares } from "./dialogue-plan.ts";
import { DirectedPair } from "./starts.ts";

export { type DialogueSettings, generatorVersion } from "./dialogue-maker.ts";

/**
 * Makes the dialogues of a pair: a pure function of its arguments, so that any part of a corpus gives the rows that the
 * whole gives for it. A reply that fails the check of its act, or of what is carried, is never written.
 */
export function makeDialogues(pair: SentencePair, settings: DialogueSettings): readonly Dialogue[] {
  return [pair, reversed(pair)].flatMap((given) => makeDirection(given, settings));
}

function reversed({ source, target, sourceLanguage, targetLanguage, ...rest }: SentencePair): SentencePair {
  return { ...rest, source: target, target: source, sourceLanguage: targetLanguage, targetLanguage: sourceLanguage };
}

function makeDirection(pair: SentencePair, settings: DialogueSettings): readonly Dialogue[] {
  const { plan, lexicons, index, seed } = settings;
  const { source, target, sourceLanguage: from, targetLanguage: to } = pair;
  const lexicon = lexicons.get(lexiconKey(from, to));
  if (lexicon === undefined) return [];
  const direction = `${from}>${to}`;
  const key = `${direction}\t${source}\t${target}`;
  const random = new Random(hash32(key, seed));
  const share = directionShare(plan, direction);
  const directed = new DirectedPair(pair, lexicon, index);
  const dialogues: Dialogue[] = [];
  if (random.fraction() < plan.translations * share) {
    const plain = new DialogueMaker(directed, settings, `${key}\ttranslation`).plain();
    if (plain !== undefined) dialogues.push(plain);
  }
  const leads = [...requestShares(plan)].flatMap(([request, part]) => {
    const rate = plan.rates?.[direction]?.[request] ?? part * plan.dialoguesPerDirection * share;
    return new Array<string>(Math.floor(rate + random.fraction())).fill(request);
  });
  const led = new Set<string>();
  const most = dialogues.length + plan.mostPerDirection;
  for (const [number, request] of random.shuffle(leads).entries()) {
    if (dialogues.length === most) break;
    const made = new DialogueMaker(directed, settings, `${key}\t${request}\t${number}`).about(request);
    // The same request with the same reply is one dialogue, in whatever words.
    if (made === undefined || led.has(made.lead)) continue;
    led.add(made.lead);
    dialogues.push(made.dialogue);
  }
  return dialogues;
}
