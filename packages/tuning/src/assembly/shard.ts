import { BayLingError } from "@bayling/core";

/** One of several equal parts of the work, counted from 1. */
export interface Shard {
  readonly number: number;
  readonly of: number;
}

export const wholeWork: Shard = { number: 1, of: 1 };

/** Reads `2/8`. @throws BayLingError `argument-invalid` */
export function parseShard(text: string): Shard {
  const [, number = "", of = ""] = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(text.trim()) ?? [];
  if (number !== "" && Number(number) <= Number(of)) return { number: Number(number), of: Number(of) };
  throw new BayLingError("argument-invalid", {
    field: "shard",
    problem: "there is no such part",
    expected: "its number and how many there are, such as 1/8 … 8/8",
    received: JSON.stringify(text),
  });
}

/**
 * Whether a shard does an item. Items are dealt in turn, so that what belongs together in the input, such as long
 * sentences at its end, is spread over all shards, and so that shards can be joined in the order of the input.
 */
export function isInShard({ number, of }: Shard, index: number): boolean {
  return index % of === number - 1;
}

/** The name of a shard in names of files: `2-of-8`. */
export function shardName({ number, of }: Shard): string {
  return `${number}-of-${of}`;
}
