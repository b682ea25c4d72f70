// Dialogues from Tatoeba's pairs: how fast they are made, and sheets of samples to be judged by hand.
import { writeFileSync } from "node:fs";
import {
  buildDialogueIndex,
  createBitextReport,
  defaultPlan,
  filterBitext,
  makeDialogues,
  mineTerms,
  readBitext,
  trainLexicons,
} from "@bayling/tuning";
import { machine, sharedFile, table } from "./report.mjs";

async function prepare() {
  const report = createBitextReport();
  const inputs = ["de", "zh"].map((language) => ({
    ...{ format: "tsv", file: sharedFile(`corpora/tatoeba.en-${language}.tsv`), corpus: "tatoeba" },
    ...{ license: "CC-BY-2.0-FR", sourceLanguage: "en", targetLanguage: language === "zh" ? "zh-Hans" : "de" },
  }));
  const pairs = [];
  for await (const pair of filterBitext(readBitext(inputs, { report }), { report })) pairs.push(pair);
  const began = performance.now();
  const lexicons = await trainLexicons(pairs);
  const trained = performance.now();
  const index = await buildDialogueIndex(pairs);
  return {
    pairs,
    lexicons,
    index,
    seconds: { lexicons: (trained - began) / 1000, index: (performance.now() - trained) / 1000 },
  };
}

/** Seeded: the same sample from the same seed. */
function* places(count, seed) {
  let state = seed >>> 0;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield Math.floor((state / 2 ** 32) * count);
  }
}

/** How many dialogues a minute one process makes, and which: `dialogues [PAIRS] [SEED]`. */
export async function dialogues(count = "10000", seed = "1") {
  const { pairs, lexicons, index, seconds } = await prepare();
  const settings = { lexicons, index, seed: Number(seed), plan: defaultPlan };
  const step = Math.max(1, Math.floor(pairs.length / Number(count)));
  const chosen = pairs.filter((_, place) => place % step === 0);
  for (const pair of chosen.slice(0, 500)) makeDialogues(pair, settings); // a warm-up
  const { user } = process.cpuUsage();
  const began = performance.now();
  const rows = chosen.flatMap((pair) => makeDialogues(pair, settings));
  const wall = (performance.now() - began) / 1000;
  const cpu = (process.cpuUsage().user - user) / 1e6;
  const turns = rows.flatMap((row) => row.turns);
  const kinds = new Map();
  for (const { act } of turns) kinds.set(act.kind, (kinds.get(act.kind) ?? 0) + 1);
  const share = (list) =>
    `${((100 * list.filter((turn) => turn.derivation.isMechanical).length) / list.length).toFixed(1)} %`;
  console.log(`${machine()}\n${pairs.length} pairs, ${rows.length} dialogues, ${turns.length} turns`);
  console.log(`lexicons ${seconds.lexicons.toFixed(1)} s, index ${seconds.index.toFixed(1)} s`);
  console.log(
    `a minute, one process: ${Math.round((rows.length / wall) * 60)}; of its CPU time: ${Math.round((rows.length / cpu) * 60)}`,
  );
  console.log(
    `mechanical: ${share(turns)} of all turns, ${share(rows.flatMap((row) => row.turns.slice(1)))} of revisions`,
  );
  console.log(
    table([
      ["act", "turns"],
      ...[...kinds].sort((one, other) => other[1] - one[1]).map(([kind, times]) => [kind, String(times)]),
    ]),
  );
}

/** A sheet of 200 links between words of content, half of each pair of languages: `links FILE [SEED]`. */
export async function links(file, seed = "1") {
  const { pairs, lexicons } = await prepare();
  const lines = ["term\ttranslation\tstrictness\tsource\ttarget\tright?"];
  for (const language of ["de", "zh-Hans"]) {
    const own = pairs.filter((pair) => pair.targetLanguage === language);
    const lexicon = [...lexicons.values()].find(({ left, right }) =>
      [left.language, right.language].includes(language),
    );
    const end = lines.length + 100;
    for (const place of places(own.length, Number(seed))) {
      const { source, target } = own[place];
      const terms = mineTerms(source, "en", target, lexicon, { mostWords: 1 });
      const term = terms[place % Math.max(1, terms.length)];
      if (term !== undefined)
        lines.push([term.source, term.target, term.strictness.toFixed(2), source, target, ""].join("\t"));
      if (lines.length === end) break;
    }
  }
  writeFileSync(file, `${lines.join("\n")}\n`);
}

/** A sheet of 200 later turns, each with the translation before it: `turns FILE [SEED]`. */
export async function turns(file, seed = "1") {
  const { pairs, lexicons, index } = await prepare();
  const lines = ["act\trule\tsource\tbefore\tinstruction\treply\twould a person ask and accept it?"];
  const cell = (text) => text.replaceAll("\n", " ⏎ ").replaceAll("\t", " ");
  for (const place of places(pairs.length, Number(seed))) {
    const rows = makeDialogues(pairs[place], { lexicons, index, seed: Number(seed), plan: defaultPlan });
    const row = rows[place % Math.max(1, rows.length)];
    if (row === undefined || row.turns.length < 2) continue;
    const chosen = 1 + (place % (row.turns.length - 1));
    const { act, derivation, instruction, reply } = row.turns[chosen];
    const before = row.turns
      .slice(0, chosen)
      .map((turn) => turn.reply)
      .join(" → ");
    lines.push([act.kind, derivation.rule, row.source, before, instruction, reply, ""].map(cell).join("\t"));
    if (lines.length > 200) break;
  }
  writeFileSync(file, `${lines.join("\n")}\n`);
}
