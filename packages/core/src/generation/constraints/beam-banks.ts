import { type Candidate, ranked } from "../beam.ts";

export interface BankRules {
  /** How far a candidate has come with what is required: those that are equal share a bank. */
  progress(candidate: Candidate): number;
  /** Whether it ends a hypothesis. */
  ends(candidate: Candidate): boolean;
}

/**
 * Divides the slots of a beam among candidates by their progress. Every bank has the same right to a slot; where there
 * are more banks than slots, some of those between the first and the last go without, and where a bank has too few
 * candidates, the best of the others have its slots. Those that end count among the best of their bank only, and take
 * no slot.
 */
export function chooseFromBanks(
  candidates: readonly Candidate[],
  width: number,
  { progress, ends }: BankRules,
): { survivors: Candidate[]; ended: Candidate[] } {
  const banks = new Map<number, Candidate[]>();
  for (const candidate of ranked(candidates)) {
    const bank = progress(candidate);
    const members = banks.get(bank);
    if (members === undefined) banks.set(bank, [candidate]);
    else members.push(candidate);
  }
  const levels = [...banks.keys()].sort((a, b) => a - b);
  const slots = slotsOf(levels.length, width);
  const survivors: Candidate[] = [];
  const ended: Candidate[] = [];
  const spare: Candidate[] = [];
  for (const [index, level] of levels.entries()) {
    let taken = 0;
    for (const [rank, candidate] of banks.get(level)!.entries()) {
      if (ends(candidate)) {
        if (rank < slots[index]!) ended.push(candidate);
      } else if (taken < slots[index]!) {
        survivors.push(candidate);
        taken++;
      } else {
        spare.push(candidate);
      }
    }
  }
  survivors.push(...ranked(spare).slice(0, width - survivors.length));
  return { survivors: ranked(survivors), ended };
}

/** Slots of each bank, the least progress first. What is left over goes to the banks with the most. */
function slotsOf(banks: number, width: number): number[] {
  if (banks <= width) {
    const share = Math.floor(width / Math.max(1, banks));
    return Array.from({ length: banks }, (_, index) => share + (index >= banks - (width % banks) ? 1 : 0));
  }
  const slots = new Array<number>(banks).fill(0);
  for (let slot = 0; slot < width; slot++) slots[Math.round((slot * (banks - 1)) / (width - 1))] = 1;
  return slots;
}
