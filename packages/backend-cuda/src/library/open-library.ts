import type { LlamaRuntime } from "../llama-runtime.ts";
import { LlamaLibrary } from "./llama-library.ts";

/** The library, or why it cannot be used. */
export type LibraryResult =
  | { readonly library: LlamaLibrary }
  | { readonly library: undefined; readonly reason: string };

const opened = new Map<string, Promise<LibraryResult>>();

/** Binds the C API of the library that a runtime has loaded; once for each. Never throws. */
export function openLibrary({ libraries, release }: LlamaRuntime): Promise<LibraryResult> {
  const path = libraries.llama;
  if (path === undefined) {
    return Promise.resolve({
      library: undefined,
      reason: "the llama.cpp library that node-llama-cpp loaded was not found",
    });
  }
  const key = `${release} ${path}`;
  let result = opened.get(key);
  if (result === undefined) {
    result = bindLibrary(path, release);
    opened.set(key, result);
  }
  return result;
}

async function bindLibrary(path: string, release: string): Promise<LibraryResult> {
  try {
    const { default: koffi } = await import("koffi");
    return { library: new LlamaLibrary(koffi, path, release) };
  } catch (error) {
    return { library: undefined, reason: error instanceof Error ? error.message : String(error) };
  }
}
