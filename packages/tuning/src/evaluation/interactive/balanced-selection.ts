import type { Dialogue } from "../../dialogues/dialogue.ts";

/**
 * Draws dialogues so that directions, and the acts of later turns within each, come as alike often as the candidates
 * allow: one after the other, always of the rarest direction the one whose acts are rarest so far. At most one of a source.
 * @param candidates in an order that decides between equals
 */
export function selectBalanced(candidates: readonly Dialogue[], size: number): Dialogue[] {
  const counts = new Map<string, number>();
  const count = (name: string) => counts.get(name) ?? 0;
  // Of the mean turn, so that long dialogues are not drawn for their length.
  const rarity = ({ acts }: Named) =>
    acts.reduce((sum, act) => sum + 1 / (1 + count(act)), 0) / Math.max(1, acts.length);
  let left = candidates.map(namesOf);
  const selected: Dialogue[] = [];
  while (selected.length < size && left.length > 0) {
    const least = left.reduce((fewest, { direction }) => Math.min(fewest, count(direction)), Number.POSITIVE_INFINITY);
    const open = left.filter(({ direction }) => count(direction) === least);
    const rarities = open.map(rarity);
    const most = rarities.reduce((one, other) => Math.max(one, other), 0);
    const { dialogue, direction, acts } = open[rarities.indexOf(most)]!;
    selected.push(dialogue);
    for (const name of [direction, ...acts]) counts.set(name, count(name) + 1);
    left = left.filter(({ dialogue: { source, from } }) => source !== dialogue.source || from !== dialogue.from);
  }
  return selected;
}

interface Named {
  readonly dialogue: Dialogue;
  readonly direction: string;
  /** Of later turns, with the direction. */
  readonly acts: readonly string[];
}

function namesOf(dialogue: Dialogue): Named {
  const direction = `${dialogue.from}>${dialogue.to}`;
  return { dialogue, direction, acts: dialogue.turns.slice(1).map(({ act }) => `${direction} ${act?.kind}`) };
}
