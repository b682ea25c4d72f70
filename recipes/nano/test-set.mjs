import { lexiconKey, loadPrepared, mineTerms } from "@bayling/tuning";
import { dialoguesOf, fractionOf } from "./dialogues.mjs";
import { NearCopies, wordsOf } from "./near-copies.mjs";
import { settings } from "./settings.mjs";

const longest = 15;
const strict = { leastStrictness: 0.3 };

/**
 * Held-out sentences with their translations, of each direction; the same ones whenever the same dialogues are there. With
 * each sentence it is said whether training saw one that differs by one word, and what terms of the translation a person
 * could ask for.
 */
export async function testSets(workFolder) {
  const sets = new Map();
  const copies = new Map();
  for await (const { from, to, source, turns } of dialoguesOf(workFolder, "test")) {
    const direction = `${from}>${to}`;
    const set = sets.get(direction) ?? { from, to, items: new Map() };
    sets.set(direction, set);
    const [{ asked = [], derivation, reply }] = turns;
    if (asked.length > 0 || derivation.kind !== "reference" || set.items.has(source)) continue;
    set.items.set(source, { source, reference: reply });
  }
  for (const { from } of sets.values()) copies.set(from, new NearCopies(from));
  for await (const { from, source } of dialoguesOf(workFolder, "train")) copies.get(from)?.add(source);
  const { lexicons } = loadPrepared(workFolder);
  return [...sets.values()].map(({ from, to, items }) => ({
    ...{ from, to },
    items: sample(items).map((item) => ({
      ...item,
      isNearCopy: copies.get(from).has(item.source),
      isLong: wordsOf(item.source, from).length > longest,
      terms: someTerms(mineTerms(item.source, from, item.reference, lexicons.get(lexiconKey(from, to)), strict)),
    })),
  }));
}

/** One or two that do not overlap, chosen by a hash. */
function someTerms(mined) {
  const shuffled = mined.toSorted((one, other) => fractionOf(one.target) - fractionOf(other.target));
  const [first] = shuffled;
  const second = shuffled.find(
    ({ source, target }) =>
      !first.source.includes(source) && !first.target.includes(target) && !target.includes(first.target),
  );
  return [first, second].flatMap((term) => (term === undefined ? [] : [term.target]));
}

function sample(items) {
  return [...items.values()]
    .toSorted((one, other) => fractionOf(one.source) - fractionOf(other.source))
    .slice(0, settings.measured);
}
