/** What a server of a single-page application gives for a file that is not there. */
export const webPage = "a web page";

/** What a file is that is no GGUF file: the usual mistakes, each with its way out. */
export function describeForeignFile(start: Uint8Array): { received: string; remedy?: string } {
  const text = String.fromCharCode(...start.subarray(0, 64));
  if (start.length === 0) return { received: "an empty file", remedy: "Download the file again" };
  if (text.startsWith("version https://git-lfs")) {
    return { received: "a Git LFS pointer", remedy: "Fetch the file itself with: git lfs pull" };
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) {
    return { received: webPage, remedy: "Use the download link of the file, not of the page about it" };
  }
  if (text.startsWith("FUGG")) return { received: "the magic in reverse", remedy: "Convert the model again" };
  if (/^(lmgg|fmgg|tjgg|algg)/.test(text)) {
    return { received: "a GGML file from before GGUF", remedy: "Convert the model to GGUF with llama.cpp" };
  }
  if (/^.{8}\{/s.test(text)) {
    const remedy = "Pass the folder, with config.json and the tokenizer, instead of the one file";
    return { received: "what looks like safetensors", remedy };
  }
  if (text.startsWith("PK\x03\x04")) {
    const remedy = "Pass the folder, with config.json and the tokenizer, instead of the one file";
    return { received: "a ZIP archive or a PyTorch checkpoint", remedy };
  }
  if (text.startsWith("\x1f\x8b")) return { received: "a gzip file", remedy: "Unpack it" };
  return { received: Array.from(start.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ") };
}
