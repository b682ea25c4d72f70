// What it costs to make data sets for tuning.
//
//   node benchmarks/tuning.mjs intake [PAIRS]     a million pairs through intake and all filters: memory, speed, rejects
//   node benchmarks/tuning.mjs dialogues [PAIRS] [SEED]   dialogues a minute, and requests that came of those wanted
//   node benchmarks/tuning.mjs links LANGUAGE FILE [SEED] a sheet of 200 linked words of English and de or zh, to be judged
//   node benchmarks/tuning.mjs terms LANGUAGE FILE [SEED] a sheet of 100 mined terms, to be judged by hand
//   node benchmarks/tuning.mjs tally FILE...              precision by judged sheets of links or terms
//   node benchmarks/tuning.mjs turns FILE [SEED]          a sheet of 200 turns with requests, to be judged
//   node benchmarks/tuning.mjs scores                     seconds of BLEU, chrF and chrF++ of each output of WMT22
//
// The pairs of intake are made up from Tatoeba's (../shared) by a seed. Needs a build of @bayling/core and @bayling/tuning
// (npm run build).
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createBitextReport, filterBitext, readBitext } from "@bayling/tuning";
import { links, tally, terms } from "./lib/alignment-sheets.mjs";
import { dialogues, turns } from "./lib/dialogue-sheets.mjs";
import { machine, sharedFile, table } from "./lib/report.mjs";
import { scores } from "./lib/score-speed.mjs";

const [command = "intake", ...given] = process.argv.slice(2);
const commands = { dialogues, links, terms, tally, turns, scores, intake, "intake-run": runIntake };
if (commands[command] === undefined) {
  console.error(`no such command: ${command}; there are ${Object.keys(commands).join(", ")}`);
  process.exit(2);
}
await commands[command](...given);

/** Makes the files, and reads them in a process of its own, whose memory is then that of the intake alone. */
async function intake(count = "1000000") {
  const folder = mkdtempSync(path.join(os.tmpdir(), "bayling-tuning-"));
  try {
    const files = [];
    for (const language of ["de", "zh"]) {
      const file = path.join(folder, `en-${language}.tsv`);
      await writePairs(file, sharedFile(`corpora/tatoeba.en-${language}.tsv`), Number(count) / 2);
      files.push(file);
    }
    console.log(machine());
    const script = fileURLToPath(import.meta.url);
    const { status } = spawnSync(process.execPath, [...process.execArgv, script, "intake-run", ...files], {
      stdio: "inherit",
    });
    process.exitCode = status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runIntake(german, chinese) {
  const inputs = [
    { format: "tsv", file: german, corpus: "tatoeba", sourceLanguage: "en", targetLanguage: "de" },
    { format: "tsv", file: chinese, corpus: "tatoeba", sourceLanguage: "en", targetLanguage: "zh-Hans" },
  ];
  const test = fileURLToPath(new URL("../../shared/evaluation/wmt22/cs-en.ref", import.meta.url));
  const report = createBitextReport();
  const began = performance.now();
  const pairs = filterBitext(readBitext(inputs, { report }), {
    report,
    contamination: { files: [test] },
    profanity: ["damn"],
  });
  for await (const _ of pairs);
  const seconds = (performance.now() - began) / 1000;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  console.log(`${report.read} pairs read, ${report.kept} kept`);
  console.log(
    `${seconds.toFixed(0)} s, of the processor's ${((userCPUTime + systemCPUTime) / 1e6).toFixed(0)} s: ` +
      `${(report.read / seconds).toFixed(0)} pairs/s`,
  );
  console.log(`most memory: ${(maxRSS / 1024).toFixed(0)} MiB resident; bar: 300 MB`);
  const rows = Object.entries(report.rejected).map(([reason, { count }]) => [reason, count]);
  console.log(`\n${table([["rejected", "pairs"], ...rows])}`);
}

/** Two sentences of the corpus as one, so that nearly all pairs differ; one in ten again, and one in ten a little changed. */
async function writePairs(file, corpus, count) {
  const lines = readFileSync(corpus, "utf8").trimEnd().split("\n");
  const pairs = lines.map((line) => line.split("\t"));
  const stream = createWriteStream(file);
  const below = generator(7);
  let last = pairs[0];
  for (let index = 0; index < count; index++) {
    const kind = below(10);
    if (kind > 1) {
      const [one, other] = [pairs[below(pairs.length)], pairs[below(pairs.length)]];
      last = [`${one[0]} ${other[0]}`, `${one[1]} ${other[1]}`];
    } else if (kind === 1) last = [`${last[0]}!`, `${last[1]}!`];
    if (!stream.write(`${last.join("\t")}\n`)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "close");
}

/** Whole numbers below a limit, from a linear congruential generator. */
function generator(seed) {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
