import type { CharacterAutomaton } from "./character-automaton.ts";

/**
 * The least number of bytes from a state to one that may end, found by search (Dijkstra): for automata whose states
 * tell nothing of it and are never far from an end.
 */
export function shortestEnd(automaton: Omit<CharacterAutomaton, "bytesToEnd" | "start">, state: number): number {
  const { classes } = automaton;
  const settled = new Set<number>();
  const layers = new Map<number, number[]>([[0, [state]]]);
  for (let distance = 0; layers.size > 0; distance++) {
    for (const reached of layers.get(distance) ?? []) {
      if (settled.has(reached)) continue;
      settled.add(reached);
      if (automaton.mayEnd(reached)) return distance;
      for (let characterClass = 0; characterClass < classes.count; characterClass++) {
        const next = automaton.step(reached, characterClass);
        if (next < 0 || settled.has(next)) continue;
        const at = distance + classes.leastBytes(characterClass);
        layers.set(at, [...(layers.get(at) ?? []), next]);
      }
    }
    layers.delete(distance);
  }
  return Infinity;
}
