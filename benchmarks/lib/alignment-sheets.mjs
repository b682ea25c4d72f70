// Sheets of linked words and of mined terms from Tatoeba's pairs, and what their judgement comes to.
import { readFileSync, writeFileSync } from "node:fs";
import { isContentWord, mineTerms, trainLexicons } from "@bayling/tuning";
import { table } from "./report.mjs";
import { places, tatoebaPairs } from "./tatoeba.mjs";

const attribution = "Sentences of Tatoeba (tatoeba.org) and their translations, CC BY 2.0 FR";

/** A sheet of 200 links between words that mean something: `links LANGUAGE FILE [SEED]`. */
export async function links(language, file, seed = "1") {
  const find = ({ source, target, targetLanguage }, lexicon) => {
    const { left, right, links: found } = lexicon.align(source, "en", target);
    return found
      .map((link) => [left[link.left].text, right[link.right].text])
      .filter(([word, other]) => isContentWord(word, "en") && isContentWord(other, targetLanguage));
  };
  await writeSheet({ name: "links", count: 200, language, file, seed, find });
}

/** A sheet of 100 terms as `mineTerms` finds them: `terms LANGUAGE FILE [SEED]`. */
export async function terms(language, file, seed = "1") {
  const find = ({ source, target }, lexicon) =>
    mineTerms(source, "en", target, lexicon).map((term) => [term.source, term.target, term.strictness.toFixed(2)]);
  await writeSheet({ name: "terms", count: 100, language, file, seed, find });
}

/** Draws from all that is found in all pairs, no two from one English sentence. */
async function writeSheet({ name, count, language, file, seed, find }) {
  const pairs = (await tatoebaPairs()).filter(({ targetLanguage }) => targetLanguage.startsWith(language));
  const [lexicon] = (await trainLexicons(pairs)).values();
  const found = pairs.flatMap((pair) => find(pair, lexicon).map((cells) => ({ cells, pair })));
  const sampled = new Map();
  for (const place of places(found.length, Number(seed))) {
    const { cells, pair } = found[place];
    if (!sampled.has(pair.source)) sampled.set(pair.source, [...cells, pair.source, pair.target, "", ""]);
    if (sampled.size === count) break;
  }
  const strictness = name === "terms" ? ["strictness"] : [];
  const head = ["source", "target", ...strictness, "source sentence", "target sentence", "verdict", "note"];
  const title = `# ${count} of ${found.length} ${name} in ${pairs.length} pairs, en-${language}, seed ${seed}. ${attribution}.`;
  writeFileSync(file, `${[[title], head, ...sampled.values()].map((cells) => cells.join("\t")).join("\n")}\n`);
}

/** Shares of the verdicts of judged sheets, with their intervals: `tally FILE...`. */
export function tally(...files) {
  const rows = files.flatMap((file) => {
    const [head, ...lines] = readFileSync(file, "utf8").trimEnd().split("\n").slice(1);
    const column = head.split("\t").indexOf("verdict");
    const counts = new Map();
    for (const line of lines) {
      const verdict = line.split("\t")[column];
      if (verdict === "") throw new Error(`${file}: nobody judged: ${line}`);
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    }
    return [...counts].map(([verdict, times]) => {
      const [low, high] = wilson(times, lines.length).map(percent);
      return [file, verdict, `${times} of ${lines.length}`, percent(times / lines.length), `${low} to ${high}`];
    });
  });
  console.log(table([["sheet", "verdict", "rows", "share", "95 % interval (Wilson)"], ...rows]));
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/** The score interval of a share (Wilson 1927), for 95 %. */
function wilson(times, count) {
  const z = 1.959964;
  const share = times / count;
  const middle = share + z ** 2 / (2 * count);
  const spread = z * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2));
  return [middle - spread, middle + spread].map((value) => value / (1 + z ** 2 / count));
}
