import path from "node:path";

/** Files that the loader of the system has mapped into this process. */
export function loadedFiles(): string[] {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean };
  // Without this the report asks the name server for the name of every open connection's other end.
  const { excludeNetwork } = report;
  report.excludeNetwork = true;
  try {
    const { sharedObjects } = report.getReport() as unknown as { sharedObjects?: string[] };
    return sharedObjects ?? [];
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

export interface LlamaLibraries {
  readonly llama: string | undefined;
  readonly ggmlBase: string | undefined;
}

const addon = /^llama-addon\.node$/;
const llamaLibrary = /^(lib)?llama(\.[^/\\]+)?\.(so|dylib|dll)$/;
const ggmlBaseLibrary = /^(lib)?ggml-base(\.[^/\\]+)?\.(so|dylib|dll)$/;

/**
 * The libraries of the runtime that was just opened. A process can hold several: each lies in the folder of its addon,
 * with the device in its name (`libllama.cuda.v0.4.0.so`). `libggml-base` has the same name everywhere, and Linux and
 * Windows map a name once, from whichever folder came first.
 * @param build what the runtime was built for: `cpu`, or its GPU
 * @param before what was loaded before it was opened
 */
export function findLibraries(build: string, before: readonly string[], now: readonly string[]): LlamaLibraries {
  const old = new Set(before);
  const addons = now.filter((file) => addon.test(path.basename(file)));
  // When the program itself has opened the same runtime before, nothing is new.
  const recent = addons.filter((file) => !old.has(file));
  const folders = new Set((recent.length > 0 ? recent : addons).map((file) => path.dirname(file)));
  const libraries = now.filter((file) => llamaLibrary.test(path.basename(file)));
  const near = libraries.filter((file) => folders.has(path.dirname(file)));
  const candidates = near.length > 0 ? near : libraries;
  const llama = candidates.length > 1 ? only(candidates.filter((file) => isFor(build, file))) : only(candidates);
  const bases = now.filter((file) => ggmlBaseLibrary.test(path.basename(file)));
  const ownBase = llama && bases.find((file) => path.dirname(file) === path.dirname(llama));
  return { llama, ggmlBase: ownBase ?? only(bases) };
}

function isFor(build: string, file: string): boolean {
  const named = /\.(cuda|vulkan|metal)\./.exec(path.basename(file))?.[1];
  return (named ?? "cpu") === build;
}

/** Guessing between two would mean calling functions of the wrong library. */
function only(files: readonly string[]): string | undefined {
  return files.length === 1 ? files[0] : undefined;
}
