import { createHash } from "node:crypto";
import { loadModel } from "@bayling/core";
import { cpu } from "@bayling/core/cpu";
import { detectLanguage } from "@bayling/core/interaction";
import {
  bleu,
  chrf,
  constraintRate,
  interactiveChat,
  interactiveTranslator,
  localSystem,
  scoreCorpus,
  translateTexts,
} from "@bayling/tuning/evaluation";
import { testSets } from "./test-set.mjs";

/** Figures of a model file on the held-out sentences of a work folder, direction by direction. */
export async function measureModel(file, workFolder, onStep) {
  const sets = await testSets(workFolder);
  const model = await loadModel(file, { backend: cpu() });
  const figures = [];
  try {
    for (const set of sets) {
      const { from, to } = set;
      onStep(`${from} to ${to}`);
      figures.push({ from, to, plain: await plain(model, set), terms: await withTerms(model, set) });
    }
  } finally {
    await model.dispose();
  }
  return figures;
}

async function plain(model, { from, to, items }) {
  const texts = items.map(({ source }) => ({ from, to, source }));
  const scores = {};
  for (const beams of [1, 5]) {
    const outputs = await translateTexts(interactiveTranslator(model, { decoding: { beams } }), texts);
    const rows = items.map((item, index) => ({ ...item, output: outputs[index] }));
    scores[beams === 1 ? "greedy" : "beam5"] = {
      all: score(rows, to),
      nearCopies: score(
        rows.filter(({ isNearCopy }) => isNearCopy),
        to,
      ),
      others: score(
        rows.filter(({ isNearCopy }) => !isNearCopy),
        to,
      ),
      long: score(
        rows.filter(({ isLong }) => isLong),
        to,
      ),
      ...(to.startsWith("zh") ? { scriptPurity: scriptPurity(outputs, to) } : {}),
      outputs: createHash("sha256").update(outputs.join("\n")).digest("hex"),
    };
  }
  return scores;
}

/** Terms of the reference: asked for in words alone; in words and held to by decoding; and not at all. */
async function withTerms(model, { from, to, items: all }) {
  const items = all.filter(({ terms }) => terms.length > 0);
  const chat = interactiveChat(localSystem(model), { profile: "acts" });
  const session = interactiveTranslator(model, { decoding: { beams: 1 } });
  const result = {};
  for (const [name, system, asks] of [
    ["unasked", session, false],
    ["words", chat, true],
    ["guaranteed", session, true],
  ]) {
    const texts = items.map(({ source, terms }) => ({ from, to, source, ...(asks ? { terms } : {}) }));
    const outputs = await translateTexts(system, texts);
    const { termRate, sentenceRate } = constraintRate(
      items.map(({ terms }, index) => ({ reply: outputs[index], terms })),
    );
    const rows = items.map((item, index) => ({ ...item, output: outputs[index] }));
    result[name] = { termRate: round(termRate), sentenceRate: round(sentenceRate), ...score(rows, to) };
  }
  return result;
}

function score(rows, to) {
  if (rows.length === 0) return { sentences: 0 };
  const outputs = rows.map(({ output }) => output);
  const references = rows.map(({ reference }) => [reference]);
  const measure = bleu({ tokenizer: to.startsWith("zh") ? "zh" : "13a" });
  return {
    sentences: rows.length,
    bleu: round(scoreCorpus(measure, outputs, references)),
    chrf: round(scoreCorpus(chrf(), outputs, references)),
  };
}

function round(value) {
  return Math.round(value * 100) / 100;
}

/** Of 100: Chinese characters that are not those of the other script alone. */
function scriptPurity(texts, to) {
  const characters = texts.flatMap((text) => text.match(/\p{Script=Han}/gu) ?? []);
  const foreign = characters.filter((character) => (detectLanguage(character) ?? to) !== to).length;
  return round(100 * (1 - foreign / Math.max(1, characters.length)));
}
