import type { ReadOptions } from "../../sources/byte-source.ts";
import type { ModelFiles } from "../model-files.ts";
import type { AdapterInput } from "./adapter.ts";
import { openAdapters } from "./open-adapters.ts";

/**
 * Lays adapters over open files, which are closed with them.
 * @throws BayLingError as `openAdapters` does; the files are closed then
 */
export async function openAdaptedFiles(
  files: ModelFiles,
  adapters: readonly AdapterInput[],
  options: ReadOptions,
): Promise<ModelFiles> {
  try {
    const { loaded, dispose } = await openAdapters(files.loaded, adapters, options);
    return { ...files, loaded, dispose: () => Promise.all([dispose(), files.dispose()]).then(() => {}) };
  } catch (error) {
    await files.dispose();
    throw error;
  }
}
