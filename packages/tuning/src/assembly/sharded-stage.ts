import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { BayLingError } from "@bayling/core";
import { contentHash } from "./content-hash.ts";
import { isJournalComplete, JournalWriter, readJournal } from "./journal.ts";
import { isInShard, type Shard, shardName } from "./shard.ts";
import { claimStage, readStageSettings, type StageName, type StageSettings, stageFolder } from "./stage-manifest.ts";
import { WorkLock } from "./work-lock.ts";

/** A stage that makes something of every item, by shards. */
export interface ShardedStage<Item, Result> {
  readonly name: StageName;
  readonly settings: StageSettings;
  /** All items of all shards, in the same order in every run. */
  readonly items: AsyncIterable<Item> | Iterable<Item>;
  /** Names an item by its content. */
  key(item: Item): string;
  /** What an item gives: plain data, decided by the item and the settings alone. */
  make(item: Item): Result | Promise<Result>;
  /** How many items may be under way at a time. Default 1. */
  readonly concurrency?: number | undefined;
  /** Told of every item, in order; `isNew` unless an earlier run did it. */
  onResult?(result: Result, isNew: boolean): void;
}

export interface ShardOptions {
  readonly workFolder: string;
  readonly shard: Shard;
  readonly signal?: AbortSignal | undefined;
}

/** How long the program may be busy with one thing: milliseconds. Ctrl+C and progress wait for so long. */
const breath = 40;

/**
 * Does the items of one shard. What is done is in the journal: a run that is stopped, killed or out of room goes on from
 * there when it is started again, to the same bytes.
 * @throws BayLingError `work-busy`, `work-changed`, `sink-unwritable`, errors of the stage; the signal's reason
 */
export async function runShard<Item, Result>(
  stage: ShardedStage<Item, Result>,
  { workFolder, shard, signal }: ShardOptions,
): Promise<void> {
  const folder = stageFolder(workFolder, stage.name);
  const lock = new WorkLock(folder, `${stage.name}-${shardName(shard)}`);
  try {
    claimStage(workFolder, stage.name, stage.settings);
    const file = journalFile(workFolder, stage.name, shard);
    const journal = new JournalWriter(file, journalRun(workFolder, stage.name, shard));
    try {
      await fillJournal(stage, shard, journal, signal);
    } finally {
      journal.close();
    }
  } finally {
    lock.release();
  }
}

/** Results that wait for an earlier one at most; they are held in memory. */
const mostWaiting = 4096;

async function fillJournal<Item, Result>(
  { items, key, make, concurrency = 1, onResult }: ShardedStage<Item, Result>,
  shard: Shard,
  journal: JournalWriter,
  signal: AbortSignal | undefined,
): Promise<void> {
  const results = new OrderedResults<Result>((name, result) => {
    journal.append(name, result);
    onResult?.(result, true);
  });
  let index = 0;
  let count = 0;
  let breathed = performance.now();
  try {
    for await (const item of items) {
      if (performance.now() - breathed > breath) {
        await setImmediate();
        breathed = performance.now();
      }
      signal?.throwIfAborted();
      if (!isInShard(shard, index++)) continue;
      count++;
      const name = key(item);
      const held = journal.holds(name);
      if (held !== undefined) {
        onResult?.(held as Result, false);
        continue;
      }
      results.add(name, make(item));
      while (results.underWay >= concurrency || results.waiting >= mostWaiting) {
        await results.next();
        // What waited for somebody is kept at once.
        journal.flush();
      }
    }
    while (results.waiting > 0) await results.next();
  } catch (error) {
    // What has been made already, up to the first that was not, is kept.
    await results.settle();
    throw error;
  }
  journal.complete({ items: count });
}

interface Waiting<Result> {
  readonly key: string;
  result?: { readonly value: Result };
}

/** Hands results on in the order in which they were asked for, whichever comes first. */
class OrderedResults<Result> {
  readonly #write: (key: string, result: Result) => void;
  readonly #waiting: Waiting<Result>[] = [];
  /** Never rejected. */
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(write: (key: string, result: Result) => void) {
    this.#write = write;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** Those that were not handed on yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(key: string, made: Result | Promise<Result>): void {
    const place: Waiting<Result> = { key };
    this.#waiting.push(place);
    if (!(made instanceof Promise)) {
      place.result = { value: made };
      this.#handOn();
      return;
    }
    const settled: Promise<void> = made
      .then((value) => {
        place.result = { value };
      })
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
  }

  /** Waits for the next one that comes. @throws the first error of those that were made */
  async next(): Promise<void> {
    await Promise.race(this.#underWay);
    this.#handOn();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Waits for all that are under way. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#handOn();
  }

  #handOn(): void {
    for (let first = this.#waiting[0]; first?.result !== undefined; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#write(first.key, first.result.value);
    }
  }
}

/** The first line of a journal. A journal that was made with other settings, on another machine say, does not have it. */
function journalRun(workFolder: string, stage: StageName, shard: Shard): object {
  return { stage, shard, settings: contentHash(readStageSettings(workFolder, stage)) };
}

function journalFile(workFolder: string, stage: StageName, shard: Shard): string {
  return path.join(stageFolder(workFolder, stage), `${shardName(shard)}.jsonl`);
}

/**
 * What all shards of a stage made, in the order of the items: the same however many shards there were.
 * @throws BayLingError `work-incomplete` that names the shards that are missing, `work-damaged`
 */
export function* joinShards<Result>(workFolder: string, stage: StageName): Generator<Result, void, undefined> {
  const of = shardCount(workFolder, stage);
  const journals = Array.from({ length: of }, (_, index) => {
    const shard = { number: index + 1, of };
    return readJournal(journalFile(workFolder, stage, shard), journalRun(workFolder, stage, shard));
  });
  try {
    for (let index = 0; ; index++) {
      const next = journals[index % of]!.next();
      // Items are dealt in turn, so the first shard that has no more is the end of all.
      if (next.done === true) break;
      yield next.value.value as Result;
    }
    for (const journal of journals) {
      if (journal.next().done === true) continue;
      throw new BayLingError("work-damaged", {
        source: stageFolder(workFolder, stage),
        problem: "the shards are not of the same items",
        remedy: "Begin the stage anew with overwrite",
      });
    }
  } finally {
    for (const journal of journals) journal.return(undefined);
  }
}

/** Whether a stage was begun. */
export function isBegun(workFolder: string, stage: StageName): boolean {
  return readStageSettings(workFolder, stage) !== undefined;
}

/** The smallest division of the work of which every shard is complete. */
function shardCount(workFolder: string, stage: StageName): number {
  const folder = stageFolder(workFolder, stage);
  const isDone = (number: number, of: number) => isJournalComplete(journalFile(workFolder, stage, { number, of }));
  let closest: { readonly of: number; readonly missing: readonly number[] } | undefined;
  for (const of of divisions(folder)) {
    const missing = Array.from({ length: of }, (_, index) => index + 1).filter((number) => !isDone(number, of));
    if (missing.length === 0) return of;
    closest ??= { of, missing };
  }
  const { of, missing } = closest ?? { of: 1, missing: [1] };
  const shown = missing.slice(0, 20).map((number) => `${number}/${of}`);
  throw new BayLingError("work-incomplete", {
    source: folder,
    problem: `the stage "${stage}" has not come to its end`,
    expected: "all of its shards",
    received: `all but ${shown.join(", ")}${missing.length > shown.length ? " …" : ""}`,
    remedy: `Run the stage "${stage}", each shard of it`,
  });
}

/** Into how many shards the journals of a folder divide the work, ascending. */
function divisions(folder: string): readonly number[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const counts = names.flatMap((name) => /^\d+-of-(\d+)\.jsonl$/.exec(name)?.[1] ?? []);
  return [...new Set(counts.map(Number))].sort((one, other) => one - other);
}
