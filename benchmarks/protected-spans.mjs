// Whether tags, placeholders, links, numbers and code of a source come out unaltered, once and properly nested, when a model
// that knows nothing of them writes.
//   node benchmarks/protected-spans.mjs [MODEL.gguf] [SENTENCES]
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadModel } from "@bayling/core";
import { checkProtected, findProtectedSpans, protectSpans } from "@bayling/core/constraints";
import { cpu } from "@bayling/core/cpu";
import { generatedText } from "./lib/generated-text.mjs";
import { randomModel } from "./lib/random-model.mjs";
import { machine } from "./lib/report.mjs";

const shared = (path) => fileURLToPath(new URL(`../../shared/${path}`, import.meta.url));
const stories = shared("fixtures/stories260K.gguf");
const path = process.argv[2] ?? (existsSync(stories) ? stories : await randomModel("tiny", "q8_0"));
const count = Number(process.argv[3] ?? 1000);

let state = 11;
function random(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

const corpus = shared("corpora/tatoeba.en-de.tsv");
const lines = (existsSync(corpus) ? readFileSync(corpus, "utf8") : generatedText()).split("\n");
const sentences = lines.map((line) => line.split("\t")[0].split(" ")).filter((words) => words.length >= 5);

const marks = [
  (words, at) => words.splice(at, 1, `<b>${words[at]}</b>`),
  (words, at) => words.splice(at, 2, `<a href="/x?a=${at}&b=2">${words[at]}`, `<i>${words[at + 1]}</i></a>`),
  (words, at) => words.splice(at, 0, "<br/>"),
  (words, at) => words.splice(at, 0, `<g id="${at}">`, "<x id='2'/>", "</g>"),
  (words, at) => words.splice(at, 0, "{name}"),
  (words, at) => words.splice(at, 0, "{count, plural, one {# file} other {# files}}"),
  (words, at) => words.splice(at, 0, "%1$s"),
  (words, at) => words.splice(at, 0, "https://example.org/a_b?c=d#e"),
  (words, at) => words.splice(at, 0, String(random(100000))),
  (words, at) => words.splice(at, 0, "`npm test`"),
];

function tagged() {
  const words = [...sentences[random(sentences.length)]];
  for (let number = 1 + random(3); number > 0; number--) marks[random(marks.length)](words, random(words.length - 1));
  return words.join(" ");
}

const model = await loadModel(path, { backend: cpu(), contextLength: 512 });
let intact = 0;
let spans = 0;
let tokens = 0;
const began = performance.now();
for (let index = 0; index < count; index++) {
  const source = tagged();
  const generation = model.generate(source, {
    ...{ maxTokens: 250, temperature: 0.8, seed: index, stop: "\n" },
    constraints: [protectSpans(source)],
  });
  const text = await generation.text();
  const problems = checkProtected(source, text);
  spans += findProtectedSpans(source).length;
  tokens += generation.usage.generatedTokens;
  if (problems.length === 0) intact++;
  else console.log(`${source}\n  → ${text}\n  ${JSON.stringify(problems)}`);
}
console.log(`${machine()}, ${model.config.name ?? path}`);
console.log(`${intact} of ${count} texts have all ${spans} spans of their sources, once, unaltered and nested`);
console.log(`${((performance.now() - began) / tokens).toFixed(2)} ms a token`);
await model.dispose();
