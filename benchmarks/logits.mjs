// How far a backend is from float64: NMSE of raw scores against the golden ones, for every fixture.
//   node benchmarks/logits.mjs [cpu | webgpu]
import { readFileSync } from "node:fs";
import { webgpu } from "@bayling/backend-webgpu";
import { loadModel } from "@bayling/core";
import { cpu } from "@bayling/core/cpu";
import { sharedFile, table } from "./lib/report.mjs";

/** Σ (actual − expected)² / Σ expected² */
function nmse(actual, expected) {
  let error = 0;
  let power = 0;
  for (const [index, value] of expected.entries()) {
    error += (actual[index] - value) ** 2;
    power += value ** 2;
  }
  return error / power;
}

const name = process.argv[2] ?? "cpu";
const backend = name === "webgpu" ? webgpu() : cpu();

const rows = [["file", "worst NMSE", "bar"]];
for (const [folder, bar] of [
  ["quantized", (file) => (name === "webgpu" ? 1e-7 : file === "f32.gguf" ? 1e-9 : 1e-8)],
  ["families", () => (name === "webgpu" ? 1e-7 : 1e-9)],
]) {
  const golden = JSON.parse(readFileSync(sharedFile(`fixtures/${folder}/golden.json`), "utf8"));
  for (const [file, expected] of Object.entries(golden.files)) {
    const model = await loadModel(sharedFile(`fixtures/${folder}/${file}`), { backend });
    const sequence = await model.createSequence();
    const scores = await sequence.evaluate(golden.tokens, { want: "all" });
    const width = model.config.vocabularySize;
    const errors = golden.positions.map((position, index) =>
      nmse(scores.subarray(position * width, (position + 1) * width), expected[index]),
    );
    rows.push([`${folder}/${file}`, Math.max(...errors).toExponential(1), bar(file).toExponential(0)]);
    await model.dispose();
  }
}
console.log(table(rows));
