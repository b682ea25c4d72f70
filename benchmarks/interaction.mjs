// What a turn of interactive translation costs on the CPU: suggestions while one types, and revisions of a translation.
//   node benchmarks/interaction.mjs [MODEL.gguf]
import { loadModel } from "@bayling/core";
import { cpu } from "@bayling/core/cpu";
import { createTranslator } from "@bayling/core/interaction";
import { randomModel } from "./lib/random-model.mjs";
import { machine, median, table } from "./lib/report.mjs";

const path = process.argv[2] ?? (await randomModel("10m", "q8_0"));
const model = await loadModel(path, { backend: cpu(), contextLength: 2048 });
const parameters = model.graph.weights.reduce((sum, { shape: [rows, columns = 1] }) => sum + rows * columns, 0);
console.log(`${machine()}\n${(parameters / 1e6).toFixed(1)} million parameters`);

const words = (count, first = 0) => Array.from({ length: count }, (_, index) => `w${300 + ((first + index) % 500)}`);
const settings = { from: "en", to: "de", profile: "chat", template: "plain", protect: false };

/** Milliseconds from a keystroke to the first text of a suggestion, and to all of it. */
async function type(session, text) {
  const [first, whole] = [[], []];
  for (let length = 1; length <= text.length; length++) {
    const began = performance.now();
    let shown;
    await session.suggest(text.slice(0, length), {
      maxTokens: 8,
      onText: () => {
        shown ??= performance.now() - began;
      },
    });
    whole.push(performance.now() - began);
    if (shown !== undefined) first.push(shown);
  }
  return { first, whole };
}

const share = (values, part) => values.toSorted((a, b) => a - b)[Math.floor(values.length * part)];

{
  const translator = await createTranslator(model, { ...settings, decoding: { beams: 1, maxTokens: 24 } });
  const session = await translator.translate(words(15).join(" "));
  await type(session, words(2, 100).join(" ")); // a warm-up
  const { first, whole } = await type(session, words(10, 50).join(" "));
  const row = (name, values) => [name, median(values).toFixed(1), share(values, 0.95).toFixed(1)];
  const rows = [["from a keystroke, ms", "median", "p95"], row("to text", first), row("to 8 tokens", whole)];
  console.log(`\n${table(rows)}\nbar: p95 of text at most 100 ms; ${whole.length} keystrokes`);
  session.dispose();
}

/** How a revision differs from a translation of 100 tokens. */
const revisions = {
  "a word replaced": (tokens) => [...tokens.slice(0, 40), 900, ...tokens.slice(41)],
  "three words inserted": (tokens) => [...tokens.slice(0, 30), 900, 901, 902, ...tokens.slice(30)],
  "a clause deleted": (tokens) => [...tokens.slice(0, 50), ...tokens.slice(70)],
  "another beginning and end": (tokens) => [910, 911, ...tokens.slice(2, 96), 920, 921, 922],
  "five words replaced": (tokens) => tokens.map((token, index) => (index % 20 === 10 ? 900 + index : token)),
  "written anew": (tokens) => tokens.map((token) => token + 500),
};

/**
 * A revision as a model that does as asked would write it: a hook chooses its tokens, the model evaluates.
 * @returns how often it was asked, and what was written
 */
async function revise(prompt, revised, draft) {
  const sequence = await model.createSequence();
  let evaluations = 0;
  const { evaluate } = sequence;
  sequence.evaluate = (...given) => {
    evaluations++;
    return evaluate.apply(sequence, given);
  };
  const written = [];
  const generation = model.generate(prompt, {
    ...{ draft, sequence, maxTokens: revised.length, ignoreEnd: true },
    processLogits: (scores, { generated }) => {
      scores[revised[generated]] = 1000;
    },
  });
  for await (const { token } of generation) written.push(token);
  sequence.dispose();
  return { evaluations, written };
}

{
  const prompt = [1, ...Array.from({ length: 60 }, (_, index) => 300 + index)];
  const translation = Array.from({ length: 100 }, (_, index) => 400 + ((index * 37) % 300));
  const rows = [["a revision of 100 tokens", "token by token", "along the last one", "times fewer", "tokens"]];
  for (const [name, change] of Object.entries(revisions)) {
    const revised = change(translation);
    const [plain, drafted] = [await revise(prompt, revised, []), await revise(prompt, revised, translation)];
    const same = plain.written.join() === revised.join() && drafted.written.join() === revised.join();
    const fewer = (plain.evaluations / drafted.evaluations).toFixed(1);
    rows.push([name, plain.evaluations, drafted.evaluations, fewer, same ? "the same" : "OTHERS"]);
  }
  console.log(`\n${table(rows)}\nbar: 2 times fewer, the same tokens`);
}
await model.dispose();
