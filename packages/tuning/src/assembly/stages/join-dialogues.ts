import type { Dialogue } from "../../dialogues/dialogue.ts";
import { contentSeed } from "../content-hash.ts";
import { readGeneral } from "../general/read-general.ts";
import { isBegun, joinShards } from "../sharded-stage.ts";
import type { StageName } from "../stage-manifest.ts";

/** What a pair gave, as journals hold it. */
export interface PairResult {
  readonly dialogues: readonly Dialogue[];
  /** What was tried and refused, by reason. */
  readonly rejects?: Readonly<Record<string, number>> | undefined;
}

export interface JoinOptions {
  readonly workFolder: string;
  readonly general?: readonly string[] | undefined;
  readonly generalShare?: number | undefined;
}

const defaultGeneralShare = 0.2;

/** Results of the stages that make dialogues, pair by pair; of a stage that was never begun none. */
function* pairResults(workFolder: string): Generator<PairResult, void, undefined> {
  // Without the first of them there is nothing, which is to be said.
  yield* joinShards<PairResult>(workFolder, "generate");
  if (isBegun(workFolder, "teach")) yield* joinShards<PairResult>(workFolder, "teach" satisfies StageName);
}

/**
 * All dialogues: those of rules, those of a teacher, and general ones drawn by their content, so that they make up the share
 * that was asked for.
 * @throws BayLingError `work-incomplete`, `work-damaged`, `source-unreadable`
 */
export async function* joinDialogues({
  workFolder,
  general = [],
  generalShare = defaultGeneralShare,
}: JoinOptions): AsyncGenerator<Dialogue, void, undefined> {
  let count = 0;
  for (const { dialogues } of pairResults(workFolder)) {
    yield* dialogues;
    count += dialogues.length;
  }
  if (general.length === 0) return;
  const wanted = (count * generalShare) / (1 - generalShare);
  let available = 0;
  for await (const _ of readGeneral(general)) available++;
  for await (const dialogue of readGeneral(general)) {
    if (contentSeed("general", dialogue.id) / 2 ** 32 < wanted / available) yield dialogue;
  }
}
