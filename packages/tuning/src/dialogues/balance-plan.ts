import { setImmediate } from "node:timers/promises";
import type { SentencePair } from "../bitext/sentence-pair.ts";
import type { Dialogue } from "./dialogue.ts";
import { type DialoguePlan, directionShare, firstRequest, type RequestRates, requestShares } from "./dialogue-plan.ts";
import { type DialogueSettings, makeDialogues } from "./make-dialogues.ts";
import { requestName } from "./move-finders.ts";

/** Pairs that are tried out. */
const mostSampled = 1000;
const rounds = 6;
/** What an earlier round found counts so much less: it was found beside other rates. */
const keptOfBefore = 0.5;
/** How often a request is tried before anything is known. */
const firstRate = 0.25;
/** No direction of a pair is asked to begin more dialogues with one request: there are seldom more true replies. */
export const highestRate = 2;
/** Factor by which one round corrects at most. */
const mostCorrection = 4;
/** Long dialogues end where nothing more can be asked, so that wanting more of them has its limits. */
const mostTurnFactor = 8;

/** How high the rates were at which a request was tried, and how often it came of that; the last round counts most. */
interface Tries {
  readonly tried: number;
  readonly found: number;
}

/** How often each request was made, by direction. */
export type RequestCounts = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * A plan with the rates that make the shares of requests, directions and numbers of turns come out as far as the pairs
 * allow it, found by trying them out on pairs from all over. A pure function of its arguments.
 * @throws the reason of the signal
 */
export async function balancePlan(
  plan: DialoguePlan,
  pairs: AsyncIterable<SentencePair> | Iterable<SentencePair>,
  { lexicons, index, seed }: Omit<DialogueSettings, "plan">,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<DialoguePlan> {
  const sample = await evenSample(pairs, options.signal);
  const wanted = wantedRequests(plan, sample);
  let rates = mapRates(wanted, (_, goal) => (goal > 0 ? firstRate : 0));
  let tries = new Map<string, Tries>();
  let turnFactors: readonly number[] = plan.turns.map(() => 1);
  for (let round = 0; round < rounds; round++) {
    const made: Dialogue[] = [];
    const trial = { ...plan, translations: 0, rates, turnFactors };
    for (const [place, pair] of sample.entries()) {
      // A signal can come only while nothing is made.
      if (place % 50 === 0) await setImmediate();
      options.signal?.throwIfAborted();
      made.push(...makeDialogues(pair, { lexicons, index, seed: (seed ^ (0x9e3779b9 + round)) >>> 0, plan: trial }));
    }
    const came = countRequests(made);
    const before = rates;
    const earlier = tries;
    tries = new Map();
    rates = mapRates(wanted, (direction, goal, name) => {
      const [key, rate] = [`${direction}\t${name}`, before[direction]![name]!];
      const { tried, found } = earlier.get(key) ?? { tried: 0, found: 0 };
      const all = {
        tried: keptOfBefore * tried + rate,
        found: keptOfBefore * found + (came.get(direction)?.get(name) ?? 0),
      };
      tries.set(key, all);
      // What never came is tried now and then, for there may be pairs that have it.
      if (all.found === 0 && round === rounds - 1) return goal > 0 ? firstRate : 0;
      const wantedRate = (goal * all.tried) / Math.max(all.found, 0.5);
      return Math.min(highestRate, mostCorrection * rate, Math.max(rate / mostCorrection, wantedRate));
    });
    turnFactors = correctedTurns(plan, made, turnFactors);
  }
  return { ...plan, rates, turnFactors };
}

/** How often each request is wanted of some pairs, by direction. */
export function wantedRequests(plan: DialoguePlan, pairs: Iterable<SentencePair>): RequestCounts {
  const shares = requestShares(plan);
  const each = requestsPerDialogue(plan);
  const directions = new Map<string, number>();
  for (const { sourceLanguage: one, targetLanguage: other } of pairs) {
    for (const direction of [`${one}>${other}`, `${other}>${one}`]) {
      directions.set(direction, (directions.get(direction) ?? 0) + 1);
    }
  }
  return new Map(
    [...directions].map(([direction, count]) => {
      const total = count * plan.dialoguesPerDirection * directionShare(plan, direction) * each;
      return [direction, new Map([...shares].map(([name, share]) => [name, share * total]))];
    }),
  );
}

/** How often each request was made, by direction. */
export function countRequests(dialogues: Iterable<Dialogue>): RequestCounts {
  const counts = new Map<string, Map<string, number>>();
  for (const { from, to, turns } of dialogues) {
    const direction = `${from}>${to}`;
    const inner = counts.get(direction) ?? new Map<string, number>();
    counts.set(direction, inner);
    const names = turns.flatMap((turn, place) =>
      place > 0 ? [requestName(turn)] : (turn.asked ?? []).map(({ kind }) => firstRequest(kind)),
    );
    for (const name of names) inner.set(name, (inner.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Each dialogue has a request for each turn but the first, and one more if it begins with one. */
function requestsPerDialogue(plan: DialoguePlan): number {
  const sum = plan.turns.reduce((total, share) => total + share, 0);
  const turns = plan.turns.reduce((total, share, place) => total + (share * (place + 1)) / sum, 0);
  const first = [...requestShares(plan)].reduce(
    (total, [name, share]) => total + (name.startsWith(firstRequest("")) ? share : 0),
    0,
  );
  return Math.min(turns, (turns - 1) / Math.max(1e-9, 1 - first));
}

async function evenSample(
  pairs: AsyncIterable<SentencePair> | Iterable<SentencePair>,
  signal: AbortSignal | undefined,
): Promise<readonly SentencePair[]> {
  let sample: SentencePair[] = [];
  let [step, seen] = [1, 0];
  for await (const pair of pairs) {
    signal?.throwIfAborted();
    if (seen++ % step > 0) continue;
    sample.push(pair);
    if (sample.length < 2 * mostSampled) continue;
    // Every other one, so that they are from all over however many there are.
    sample = sample.filter((_, place) => place % 2 === 0);
    step *= 2;
  }
  return sample;
}

function corrected(goal: number, found: number): number {
  return Math.min(mostCorrection, Math.max(1 / mostCorrection, goal / Math.max(found, 0.5)));
}

function correctedTurns(plan: DialoguePlan, made: readonly Dialogue[], factors: readonly number[]): readonly number[] {
  const sum = plan.turns.reduce((total, share) => total + share, 0);
  return factors.map((factor, place) => {
    const goal = (plan.turns[place]! / sum) * made.length;
    const found = made.filter(({ turns }) => turns.length === place + 1).length;
    return rounded(Math.min(mostTurnFactor, Math.max(1 / mostTurnFactor, factor * corrected(goal, found))));
  });
}

function mapRates(
  wanted: RequestCounts,
  rateOf: (direction: string, goal: number, name: string) => number,
): RequestRates {
  return Object.fromEntries(
    [...wanted].map(([direction, goals]) => [
      direction,
      Object.fromEntries([...goals].map(([name, goal]) => [name, rounded(rateOf(direction, goal, name))])),
    ]),
  );
}

/** Four digits: these numbers stand in manifests. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
