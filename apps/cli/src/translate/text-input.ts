import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { BayLingError } from "@bayling/core";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { describeFileError } from "../output/file-error.ts";
import { visible } from "../output/text-width.ts";

/** Where texts come from: a file, or what is piped in. */
export interface TextInput {
  /** As it was typed; `undefined` for stdin. */
  readonly path: string | undefined;
  read(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/**
 * Files by name, or stdin where there are none; `-` is stdin among files.
 * @throws UsageError; BayLingError `source-not-found`, `source-unreadable`
 */
export async function openTextInputs(context: Context, paths: readonly string[]): Promise<readonly TextInput[]> {
  const named = paths.length === 0 ? ["-"] : paths;
  if (named.filter((path) => path === "-").length > 1) throw new UsageError("- is stdin, which can be read once only");
  const inputs: TextInput[] = [];
  for (const path of named) inputs.push(path === "-" ? pipe(context) : await file(path));
  return inputs;
}

/** The same inputs in memory, for those who read them twice. @throws the signal's reason; BayLingError */
export async function holdInputs(inputs: readonly TextInput[], signal: AbortSignal): Promise<readonly HeldInput[]> {
  const held: HeldInput[] = [];
  for (const input of inputs) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of input.read(signal)) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    held.push({ path: input.path, bytes, read: () => once(bytes) });
  }
  return held;
}

export interface HeldInput extends TextInput {
  readonly bytes: Uint8Array;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Whether a path is one of the files that are read. */
export async function isInput(inputs: readonly TextInput[], path: string): Promise<boolean> {
  const wanted = await realpath(path).catch(() => undefined);
  if (wanted === undefined) return false;
  for (const input of inputs) {
    if (input.path !== undefined && (await realpath(input.path)) === wanted) return true;
  }
  return false;
}

async function file(path: string): Promise<TextInput> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (found.isDirectory()) throw unreadable(path, Object.assign(new Error("folder"), { code: "EISDIR" }));
  return { path, read: (signal) => readFile(path, signal) };
}

async function* readFile(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  try {
    yield* createReadStream(path, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): BayLingError {
  const missing = (error as { code?: unknown }).code === "ENOENT";
  return new BayLingError(missing ? "source-not-found" : "source-unreadable", {
    ...{ source: visible(path), problem: describeFileError(error), cause: error },
    remedy: /^\d+$/.test(path)
      ? "Check the path; --context takes no number, and --context-length says how many tokens fit"
      : "Check the path",
  });
}

function pipe({ io }: Context): TextInput {
  return {
    path: undefined,
    async *read(signal) {
      const stop = () => io.stdin.destroy(signal.reason as Error);
      signal.addEventListener("abort", stop, { once: true });
      try {
        signal.throwIfAborted();
        for await (const chunk of io.stdin) yield Buffer.from(chunk as Uint8Array | string);
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
  };
}
