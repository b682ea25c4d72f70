// Dialogues from Tatoeba's pairs: how fast they are made, and sheets of samples to be judged by hand.
import { writeFileSync } from "node:fs";
import {
  balancePlan,
  buildDialogueIndex,
  countRequests,
  defaultPlan,
  makeDialogues,
  trainLexicons,
  wantedRequests,
} from "@bayling/tuning";
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

/** How many dialogues a minute one process makes, which were wanted, and which came: `dialogues [PAIRS] [SEED]`. */
export async function dialogues(count = "10000", seed = "1") {
  const { pairs, lexicons, index, seconds } = await prepare();
  const given = { lexicons, index, seed: Number(seed) };
  const balancing = performance.now();
  const plan = await balancePlan(defaultPlan, pairs, given);
  const balanced = (performance.now() - balancing) / 1000;
  const step = Math.max(1, Math.floor(pairs.length / Number(count)));
  const chosen = pairs.filter((_, place) => place % step === 0);
  const { user } = process.cpuUsage();
  const began = performance.now();
  const rows = chosen.flatMap((pair) => makeDialogues(pair, { ...given, plan }));
  const wall = (performance.now() - began) / 1000;
  const cpu = (process.cpuUsage().user - user) / 1e6;
  const asking = rows.filter(hasRequests);
  const share = (list) =>
    `${((100 * list.filter((turn) => turn.derivation.isMechanical).length) / list.length).toFixed(1)} %`;
  console.log(`${machine()}\n${chosen.length} of ${pairs.length} pairs`);
  console.log(`${rows.length - asking.length} plain translations, ${asking.length} dialogues with requests`);
  console.log(
    `lexicons ${seconds.lexicons.toFixed(1)} s, index ${seconds.index.toFixed(1)} s, balance ${balanced.toFixed(1)} s`,
  );
  const perMinute = (list, time) => Math.round((list.length / time) * 60);
  console.log(`a minute, one process: ${perMinute(rows, wall)}; of its CPU time: ${perMinute(rows, cpu)}`);
  console.log(`of these with requests: ${perMinute(asking, wall)} and ${perMinute(asking, cpu)}`);
  console.log(
    `mechanical: ${share(asking.flatMap((row) => row.turns.slice(1)))} of revisions, ` +
      `${share(asking.map((row) => row.turns[0]))} of the first translations before them`,
  );
  const lengths = [1, 2, 3, 4].map((length) => asking.filter((row) => row.turns.length === length).length);
  console.log(`dialogues with requests of 1 to 4 turns: ${lengths.join(", ")}`);
  console.log(
    `turns with rejected replies: ${rows.flatMap((row) => row.turns).filter((turn) => turn.rejected).length}\n`,
  );
  const [wanted, came] = [wantedRequests(plan, chosen), countRequests(rows)];
  const directions = [...wanted.keys()];
  const names = [...wanted.get(directions[0]).keys()];
  const cell = (direction, name) =>
    `${came.get(direction)?.get(name) ?? 0} of ${Math.round(wanted.get(direction).get(name))}`;
  console.log(
    table([
      ["came of wanted", ...directions],
      ...names.map((name) => [name, ...directions.map((direction) => cell(direction, name))]),
    ]),
  );
}

function hasRequests({ turns: [first, ...later] }) {
  return later.length > 0 || first.asked !== undefined;
}

/** A sheet of 200 turns with requests, as many of either language pair, to be judged by hand: `turns FILE [SEED]`. */
export async function turns(file, seed = "1") {
  const { pairs, lexicons, index } = await prepare();
  const given = { lexicons, index, seed: Number(seed) };
  const plan = { ...(await balancePlan(defaultPlan, pairs, given)), translations: 0 };
  const lines = [["pair", "act", "rule", "source", "before", "instruction", "reply", "accepted", "note"]];
  for (const language of ["de", "zh-Hans"]) {
    const own = pairs.filter((pair) => pair.targetLanguage === language);
    const end = lines.length + 100;
    for (const place of places(own.length, Number(seed))) {
      const rows = makeDialogues(own[place], { ...given, plan });
      const row = rows[place % Math.max(1, rows.length)];
      if (row === undefined) continue;
      // The first turn is judged where it asks for more than a translation.
      const judged = row.turns.filter((turn, number) => number > 0 || turn.asked !== undefined);
      const turn = judged[(place >> 3) % judged.length];
      const before = row.turns.slice(0, row.turns.indexOf(turn)).map(({ reply }) => reply);
      const { act, asked, derivation, instruction, reply } = turn;
      const kinds = [...(asked ?? []), act].map(({ kind }) => kind).join(" + ");
      const { from, to, source } = row;
      lines.push([`${from}>${to}`, kinds, derivation.rule, source, before.join(" → "), instruction, reply, "", ""]);
      if (lines.length === end) break;
    }
  }
  writeFileSync(file, `${lines.map((line) => line.map(csvCell).join(",")).join("\n")}\n`);
}

function csvCell(text) {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
