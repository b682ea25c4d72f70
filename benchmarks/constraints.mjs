// Required terms: whether they are in every text, and what they cost beside plain beam search. See constraints.md.
//   node benchmarks/constraints.mjs [MODEL.gguf] [SENTENCES] [TOKENS]
// Each sentence is continued twice with five beams, plainly and with one to three words required that its translation
// has. Both take turns in one process, so that a busy machine slows down both; the median of the ratios counts.
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { loadModel } from "@bayling/core";
import { requireTerms } from "@bayling/core/constraints";
import { cpu } from "@bayling/core/cpu";
import { generatedText } from "./lib/generated-text.mjs";
import { randomModel } from "./lib/random-model.mjs";
import { machine, median, table } from "./lib/report.mjs";

const shared = (path) => fileURLToPath(new URL(`../../shared/${path}`, import.meta.url));
const stories = shared("fixtures/stories260K.gguf");
const path = process.argv[2] ?? (existsSync(stories) ? stories : await randomModel("tiny", "q8_0"));
const count = Number(process.argv[3] ?? 500);
const maxTokens = Number(process.argv[4] ?? 48);
const beams = 5;

let state = 7;
function random(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

/** Source and translation of sentences of six words and more; where there is no corpus, words that mean nothing. */
function readPairs() {
  const corpus = shared("corpora/tatoeba.en-de.tsv");
  const lines = existsSync(corpus)
    ? readFileSync(corpus, "utf8")
        .split("\n")
        .map((line) => line.split("\t"))
    : generatedText()
        .split("\n")
        .map((line) => [line, line]);
  const pairs = lines.filter(([source, target]) => source !== undefined && wordsOf(target ?? "").length >= 6);
  return Array.from({ length: count }, () => pairs[random(pairs.length)]);
}

function wordsOf(text) {
  return text.match(/[\p{L}\p{M}]+/gu) ?? [];
}

/** One to three different words, now and then two neighbours as one term; fewer where a sentence has but few. */
function drawTerms(target) {
  const words = wordsOf(target);
  const terms = new Set();
  const wanted = 1 + random(3);
  for (let attempt = 0; attempt < 20 && terms.size < wanted; attempt++) {
    const at = random(words.length);
    const phrase = words.slice(at, at + 2).join(" ");
    terms.add(random(4) === 0 && target.includes(phrase) ? phrase : words[at]);
  }
  return [...terms];
}

const letter = "[\\p{sc=Latn}\\p{sc=Cyrl}\\p{M}\\p{N}_]";

/** Whether a term stands in a text as a word of its own. Letters of scripts without spaces may touch it. */
function contains(text, term) {
  return new RegExp(`(?<!${letter})${term}(?!${letter})`, "u").test(text);
}

const model = await loadModel(path, { backend: cpu(), maxSequences: 2 * beams, contextLength: 512 });

async function write(source, options) {
  const generation = model.generate(source, { beams, maxTokens, ...options });
  const began = performance.now();
  const text = await generation.text();
  return { text, time: (performance.now() - began) / generation.usage.generatedTokens };
}

const pairs = readPairs();
for (const [source] of pairs.slice(0, 10)) await write(source, { constraints: [requireTerms(["warm"])] });
const results = [];
for (const [source, target] of pairs) {
  const terms = drawTerms(target);
  const constrained = await write(source, { constraints: [requireTerms(terms)] });
  const plain = await write(source, {});
  const found = (text) => terms.filter((term) => contains(text, term)).length;
  results.push({
    terms: terms.length,
    plain,
    constrained,
    present: found(constrained.text),
    chance: found(plain.text),
  });
}
await model.dispose();

const sum = (list, value) => list.reduce((total, one) => total + value(one), 0);
const row = (name, list) => [
  name,
  list.length,
  `${sum(list, ({ present }) => present)}/${sum(list, ({ terms }) => terms)}`,
  sum(list, ({ chance }) => chance),
  median(list.map(({ constrained }) => constrained.time)).toFixed(2),
  median(list.map(({ plain }) => plain.time)).toFixed(2),
  median(list.map(({ plain, constrained }) => constrained.time / plain.time)).toFixed(2),
];
console.log(`${machine()}; ${basename(path)}, ${beams} beams, at most ${maxTokens} tokens`);
console.log(
  table([
    ["", "sentences", "terms present", "by chance", "ms a token", "plain", "ratio (median)"],
    ...[1, 2, 3].map((terms) =>
      row(
        `${terms} required`,
        results.filter((result) => result.terms === terms),
      ),
    ),
    row("all", results),
  ]),
);
const complete = sum(results, ({ present }) => present) === sum(results, ({ terms }) => terms);
process.exitCode = complete ? 0 : 1;
