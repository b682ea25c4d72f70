// Dialogues from Tatoeba's pairs: how fast they are made, and sheets of samples to be judged by hand.
import { writeFileSync } from "node:fs";
import { buildDialogueIndex, defaultPlan, makeDialogues, trainLexicons } from "@bayling/tuning";
import { machine, table } from "./report.mjs";
import { places, tatoebaPairs } from "./tatoeba.mjs";

async function prepare() {
  const pairs = await tatoebaPairs();
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
