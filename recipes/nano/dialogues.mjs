import { createHash } from "node:crypto";
import { createSplitter, defaultPlan, generateDialogues, joinDialogues, prepareBitext } from "@bayling/tuning";
import { settings } from "./settings.mjs";

/** Makes the dialogues of a work folder; what is there already is not made again. */
export async function makeDialogues(pairs, workFolder, onStep) {
  const tatoeba = { format: "tsv", file: pairs, sourceLanguage: "en", corpus: "tatoeba", license: "CC-BY-2.0-FR" };
  const inputs = ["zh-Hans", "zh-Hant"].map((targetLanguage) => ({ ...tatoeba, targetLanguage }));
  onStep("sentence pairs");
  await prepareBitext({ workFolder, inputs });
  onStep("dialogues");
  const plan = { ...defaultPlan, languages: settings.instructionLanguages };
  const { dialogues } = await generateDialogues({ workFolder, seed: settings.seed, plan });
  return dialogues;
}

/** The dialogues of a split. What is left out is left out by a hash, so that it does not depend on anything else. */
export async function* dialoguesOf(workFolder, split) {
  const splitter = await createSplitter(settings.shares);
  for await (const dialogue of joinDialogues({ workFolder })) {
    const share = settings.directionShares[`${dialogue.from}>${dialogue.to}`] ?? 1;
    if (split !== "test" && fractionOf(dialogue.id) >= share) continue;
    if (splitter.splitOfDialogue(dialogue) === split) yield dialogue;
  }
}

/** From 0 to below 1. */
export function fractionOf(text) {
  return createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32;
}
