/**
 * What a GGUF file without adapters does not need, behind one dynamic import: with one for each, what they share with
 * the rest would be cut into many small files, and `loadModel` would cost everyone some kilobytes more.
 */
export { sourceFolder } from "../sources/source-folder.ts";
export { openAdaptedFiles } from "./adapters/adapted-files.ts";
export { openHuggingFaceFolder } from "./hugging-face-folder.ts";
export { readHuggingFaceTokenizer } from "./hugging-face-tokenizer.ts";
