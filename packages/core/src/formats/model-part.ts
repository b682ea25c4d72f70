import type { ByteSource, ReadOptions } from "../sources/byte-source.ts";
import { checkedSource } from "../sources/checked-source.ts";
import { isByteSource, openSource, type SourceInput } from "../sources/open-source.ts";

/** One of the files that a model lies in, with its header. */
export interface ModelPart<Header> {
  readonly source: ByteSource;
  readonly header: Header;
  /** Whether it was opened here and so has to be closed. */
  readonly owned: boolean;
}

/** @throws BayLingError what opening the source and reading its header throw; the file is closed then */
export async function openModelPart<Header>(
  input: SourceInput,
  readHeader: (source: ByteSource, options: ReadOptions) => Promise<Header>,
  options: ReadOptions,
): Promise<ModelPart<Header>> {
  const owned = !isByteSource(input);
  const source = owned ? await openSource(input, options) : checkedSource(input);
  try {
    return { source, owned, header: await readHeader(source, options) };
  } catch (error) {
    if (owned) await source.dispose();
    throw error;
  }
}

export async function disposeModelParts(parts: readonly ModelPart<unknown>[]): Promise<void> {
  await Promise.allSettled(parts.filter(({ owned }) => owned).map(({ source }) => source.dispose()));
}
