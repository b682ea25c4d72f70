import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { writeTinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { type GgufEntry, readGguf, writeGguf } from "@bayling/core";
import { afterAll } from "vitest";

/** A folder that is there until the tests of the file have run. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "bayling-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface TinyFileOptions {
  readonly contextLength?: number;
  /** Changes or adds metadata. */
  readonly metadata?: Readonly<Record<string, GgufEntry>>;
}

/** Writes a random model of a few thousand parameters. @returns its path */
export async function writeTinyFile(
  folder: string,
  name: string,
  { contextLength = 256, metadata = {} }: TinyFileOptions = {},
): Promise<string> {
  const file = path.join(folder, name);
  const plain = `${file}.plain`;
  await writeTinyLlama(plain, { config: { maxPositionEmbeddings: contextLength } });
  const source = await readGguf(plain);
  await writeGguf(file, {
    metadata: new Map([...source.metadata, ...Object.entries(metadata)]),
    tensors: [...source.tensors.values()].map(({ name, type, shape }) => ({
      name,
      type,
      shape,
      data: () => source.readTensor(name),
    })),
  });
  await source.dispose();
  rmSync(plain);
  return file;
}
