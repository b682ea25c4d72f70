import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { bleu, chrf, scoreCorpus } from "@bayling/tuning/evaluation";
import { machine, median, sharedFile, table } from "./report.mjs";

/**
 * BLEU, chrF and chrF++ of each published output of WMT22, in one process; beside it sacrebleu (`PYTHON` names a Python that
 * has it), where there is one.
 */
export function scores() {
  const folder = path.dirname(sharedFile("evaluation/wmt22/golden.json"));
  const lines = (name) => readFileSync(path.join(folder, name), "utf8").trimEnd().split("\n");
  const rows = readdirSync(folder)
    .filter((name) => name.endsWith(".hypo"))
    .map((name) => {
      const pair = name.split(".")[0];
      const outputs = lines(name);
      const references = lines(`${pair}.ref`);
      const ours = timed(() => {
        const wrapped = references.map((line) => [line]);
        const measures = [bleu({ tokenizer: pair.endsWith("-zh") ? "zh" : "13a" }), chrf(), chrf({ wordOrder: 2 })];
        for (const measure of measures) scoreCorpus(measure, outputs, wrapped);
      });
      const theirs = peer(path.join(folder, `${pair}.ref`), path.join(folder, name), pair.slice(-2));
      return { name: name.replace(/\.hypo$/, ""), lines: outputs.length, ours, theirs };
    });
  console.log(machine());
  const cell = (seconds) => (seconds === undefined ? "no sacrebleu here" : seconds.toFixed(2));
  console.log(
    table([
      ["output", "lines", "s", "sacrebleu, s"],
      ...rows.map(({ name, lines, ours, theirs }) => [name, lines, cell(ours), cell(theirs)]),
    ]),
  );
  const times = rows.map(({ ours }) => ours);
  console.log(`median ${median(times).toFixed(2)} s, most ${Math.max(...times).toFixed(2)} s; bar: 2 s`);
}

function timed(run) {
  const began = performance.now();
  run();
  return (performance.now() - began) / 1000;
}

/** Seconds of scoring alone, without the start of Python. */
function peer(reference, hypothesis, language) {
  const script = `
import sys, time, sacrebleu
reference, hypothesis, language = sys.argv[1:]
read = lambda name: open(name, encoding="utf8").read().rstrip("\\n").split("\\n")
outputs, references = read(hypothesis), [read(reference)]
began = time.time()
sacrebleu.corpus_bleu(outputs, references, tokenize="zh" if language == "zh" else "13a")
sacrebleu.corpus_chrf(outputs, references)
sacrebleu.corpus_chrf(outputs, references, word_order=2)
print(time.time() - began)`;
  const { status, stdout } = spawnSync(
    process.env.PYTHON ?? "python3",
    ["-c", script, reference, hypothesis, language],
    {
      encoding: "utf8",
    },
  );
  return status === 0 ? Number(stdout) : undefined;
}
