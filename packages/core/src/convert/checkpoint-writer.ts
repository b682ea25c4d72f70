import { encodeSafetensorsHeader, writeSafetensors } from "../formats/safetensors-writer.ts";
import type { WrittenTensor } from "../formats/write-tensor.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import type { NewFolder } from "./output-folder.ts";

/** As `transformers` cuts models. */
export const defaultShardBytes = 5e9;

/** A file of a checkpoint that is to be written. */
export interface Shard {
  readonly name: string;
  readonly tensors: readonly WrittenTensor[];
  readonly byteLength: number;
}

/** A checkpoint in safetensors as it is to be written. */
export interface CheckpointPlan {
  readonly shards: readonly Shard[];
  /** The index that says which file holds which tensor; `undefined` for one file. */
  readonly index: { readonly name: string; readonly bytes: Uint8Array } | undefined;
  /** Bytes of all files together. */
  readonly byteLength: number;
}

const notes: ReadonlyMap<string, string> = new Map([["format", "pt"]]);

/**
 * Cuts tensors, in their order, into files of at most so many bytes of tensors; a larger tensor has a file of its own.
 * @throws BayLingError `argument-invalid` for what safetensors cannot hold
 */
export function planCheckpoint(tensors: readonly WrittenTensor[], mostShardBytes: number): CheckpointPlan {
  const { byteLengths } = encodeSafetensorsHeader(tensors);
  const groups: WrittenTensor[][] = [[]];
  let held = 0;
  for (const [index, tensor] of tensors.entries()) {
    if (held > 0 && held + byteLengths[index]! > mostShardBytes) {
      groups.push([]);
      held = 0;
    }
    held += byteLengths[index]!;
    groups.at(-1)!.push(tensor);
  }
  const number = (value: number) => String(value).padStart(5, "0");
  const shards = groups.map((group, index): Shard => {
    const { bytes, byteLengths } = encodeSafetensorsHeader(group, notes);
    const name =
      groups.length === 1 ? "model.safetensors" : `model-${number(index + 1)}-of-${number(groups.length)}.safetensors`;
    return { name, tensors: group, byteLength: sum(byteLengths) + bytes.length };
  });
  const index = shards.length === 1 ? undefined : indexOf(shards, sum(byteLengths));
  return { shards, index, byteLength: sum(shards.map(({ byteLength }) => byteLength)) + (index?.bytes.length ?? 0) };
}

function indexOf(shards: readonly Shard[], totalSize: number): NonNullable<CheckpointPlan["index"]> {
  const places = shards.flatMap(({ name, tensors }) => tensors.map((tensor) => [tensor.name, name] as const));
  const index = { metadata: { total_size: totalSize }, weight_map: Object.fromEntries(places) };
  const bytes = new TextEncoder().encode(`${JSON.stringify(index, undefined, 2)}\n`);
  return { name: "model.safetensors.index.json", bytes };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}

/** Writes the files of a plan. @throws BayLingError `sink-unwritable`, and what reading the tensors throws */
export async function writeCheckpoint(
  { shards, index }: CheckpointPlan,
  folder: NewFolder,
  options: ReadOptions,
): Promise<void> {
  for (const { name, tensors } of shards) {
    await writeSafetensors(folder.path(name), { tensors, metadata: notes }, options);
  }
  if (index !== undefined) await folder.write(index.name, index.bytes);
}
