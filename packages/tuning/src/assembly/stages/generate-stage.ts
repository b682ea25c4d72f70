import { createHash } from "node:crypto";
import type { SentencePair } from "../../bitext/sentence-pair.ts";
import { balancePlan } from "../../dialogues/balance-plan.ts";
import { type DialoguePlan, defaultPlan } from "../../dialogues/dialogue-plan.ts";
import { generatorVersion, makeDialogues } from "../../dialogues/make-dialogues.ts";
import { type Shard, wholeWork } from "../shard.ts";
import { runShard } from "../sharded-stage.ts";
import { readStageSettings } from "../stage-manifest.ts";
import type { PairResult } from "./join-dialogues.ts";
import { loadPrepared, preparedLines, preparedPairs, requirePrepared } from "./prepare-stage.ts";

export interface GenerateOptions {
  readonly workFolder: string;
  /** Default: all of it. */
  readonly shard?: Shard | undefined;
  /** Unsigned 32-bit. Default 0. */
  readonly seed?: number | undefined;
  readonly plan?: DialoguePlan | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: StageProgress) => void) | undefined;
}

export interface StageProgress {
  /** Pairs of the shard that are done. */
  readonly pairs: number;
  /** About how many the shard has. */
  readonly pairsTotal: number;
  readonly dialogues: number;
  /** Pairs that an earlier run did. */
  readonly kept: number;
}

/** Names a pair by its content, origin included. */
export function pairKey(line: string): string {
  return createHash("sha256").update(line).digest("hex").slice(0, 32);
}

/** Counts what a stage does. */
export function countProgress(
  pairsTotal: number,
  onProgress: ((progress: StageProgress) => void) | undefined,
): { add(result: PairResult, isNew: boolean): void; readonly progress: StageProgress } {
  const progress = { pairs: 0, pairsTotal, dialogues: 0, kept: 0 };
  return {
    progress,
    add: (result, isNew) => {
      progress.pairs++;
      progress.dialogues += result.dialogues.length;
      if (!isNew) progress.kept++;
      onProgress?.(progress);
    },
  };
}

/**
 * Makes the dialogues of a shard by rules.
 * @throws BayLingError `work-incomplete` before pairs are prepared, `work-busy`, `work-changed`, `sink-unwritable`
 */
export async function generateDialogues(options: GenerateOptions): Promise<StageProgress> {
  const { workFolder, shard = wholeWork, seed = 0, plan = defaultPlan, signal, onProgress } = options;
  const prepared = requirePrepared(workFolder);
  const { lexicons, index } = loadPrepared(workFolder);
  const asked = {
    ...{ seed, plan, generator: generatorVersion, prepared: prepared.files },
    // It cuts Chinese into words: another version gives other rows.
    icu: process.versions.icu,
  };
  const known = readStageSettings(workFolder, "generate");
  // Found anew, the balance would be that with which another shard has begun; with other settings the run is refused.
  const balanced =
    known === undefined
      ? await balancePlan(plan, preparedPairs(workFolder), { lexicons, index, seed }, { signal })
      : { ...plan, ...(known.balance as Pick<DialoguePlan, "rates" | "turnFactors">) };
  const settings = { lexicons, index, seed, plan: balanced };
  const counter = countProgress(Math.ceil(prepared.pairs / shard.of), onProgress);
  await runShard<string, PairResult>(
    {
      name: "generate",
      settings: { ...asked, balance: { rates: balanced.rates, turnFactors: balanced.turnFactors } },
      items: preparedLines(workFolder),
      key: pairKey,
      make: (line) => ({ dialogues: makeDialogues(JSON.parse(line) as SentencePair, settings) }),
      onResult: counter.add,
    },
    { workFolder, shard, signal },
  );
  return counter.progress;
}
