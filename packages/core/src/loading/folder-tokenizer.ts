import { checkOptions } from "../check-argument.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import type { ModelSource } from "../sources/is-folder.ts";
import type { HuggingFaceTokenizer } from "./hugging-face-tokenizer.ts";

/**
 * Loads the tokenizer of a folder, in the layout of Hugging Face; no weights have to be there.
 * @param source as of `loadModel`
 * @throws BayLingError `source-not-found` without `tokenizer.json` and `tokenizer.model`, `tokenizer-invalid`,
 * `tokenizer-not-supported`, and what reading throws
 */
export async function loadFolderTokenizer(
  source: ModelSource,
  options: ReadOptions = {},
): Promise<HuggingFaceTokenizer> {
  checkOptions(options);
  const { readHuggingFaceTokenizer, sourceFolder } = await import("./loaded-later.ts");
  return readHuggingFaceTokenizer(sourceFolder(source), {}, options);
}
