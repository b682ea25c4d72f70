// Makes the model of @bayling/model-nano again, from sentence pairs to measured GGUF file.
//
//   node recipes/nano/nano.mjs PAIRS.tsv WORK             everything; what is done already is not done again
//   node recipes/nano/nano.mjs PAIRS.tsv WORK data|train|convert|measure    one step
//
// PAIRS.tsv: English, a tab, Chinese, one pair a line. Needs a build (npm run build) and a Python with PyTorch and NumPy;
// PYTHON names it (default: python3).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { convertToGguf } from "@bayling/core/convert";
import { templateByName } from "@bayling/core/prompt";
import { dialogueTexts, trainVocabulary, writeVocabulary } from "@bayling/tuning";
import { writeRecipe } from "@bayling/tuning/recipe";
import { dialoguesOf, makeDialogues } from "./dialogues.mjs";
import { lossCurve } from "./loss-curve.mjs";
import { measureModel } from "./measure.mjs";
import { settings } from "./settings.mjs";

const steps = { data: makeData, train, convert, measure };
const [pairs, work, ...wanted] = process.argv.slice(2);
const unknown = wanted.find((step) => steps[step] === undefined);
if (work === undefined || unknown !== undefined) {
  console.error(`usage: node recipes/nano/nano.mjs PAIRS.tsv WORK [${Object.keys(steps).join("|")}]`);
  process.exit(2);
}
const inWork = (...names) => path.join(work, ...names);
const say = (text) => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
for (const step of wanted.length > 0 ? wanted : Object.keys(steps)) await steps[step]();

async function makeData() {
  await makeDialogues(pairs, inWork("dialogues"), say);
  const template = templateByName(settings.template);
  if (!existsSync(inWork("vocabulary"))) {
    say("vocabulary");
    const texts = dialogueTexts(dialoguesOf(inWork("dialogues"), "train"), { template, system: "" });
    const pieces = await trainVocabulary(texts, { ...settings.vocabulary, controlTokens: template.controlTokens });
    await writeVocabulary(pieces, inWork("vocabulary"));
  }
  if (existsSync(inWork("recipe"))) return;
  say("recipe");
  await writeRecipe({
    ...{ train: dialoguesOf(inWork("dialogues"), "train"), valid: dialoguesOf(inWork("dialogues"), "validation") },
    ...{ out: inWork("recipe"), tokenizer: inWork("vocabulary"), template, system: "" },
    ...{ model: settings.shape, settings: { ...settings.training, seed: settings.seed } },
  });
}

/** Hours on two cores, minutes on a GPU; a run that is stopped goes on at its last checkpoint. */
async function train() {
  say("training");
  const { status } = spawnSync(process.env.PYTHON ?? "python3", [inWork("recipe/train.py")], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
  const log = await readFile(inWork("recipe/run/log.jsonl"), "utf8");
  await writeFile(inWork("loss.svg"), lossCurve(log));
}

async function convert() {
  say("GGUF");
  const file = inWork("bayling-nano.gguf");
  await convertToGguf(inWork("recipe/run/model"), file, { type: settings.type, name: "BayLing nano", overwrite: true });
}

async function measure() {
  const figures = await measureModel(inWork("bayling-nano.gguf"), inWork("dialogues"), say);
  await writeFile(inWork("figures.json"), `${JSON.stringify(figures, null, 2)}\n`);
  console.log(JSON.stringify(figures, null, 2));
}
