import type { Context } from "./context.ts";
import { UsageError } from "./exit-codes.ts";

/** Longer than any text that can be tokenized; a pipe may have no end. */
const mostBytes = 256 * 1024 * 1024;

/**
 * The text of a command: its words joined with spaces, or all of stdin when something is piped in. One line break at
 * the end of piped text is taken away: `echo` adds it.
 * @throws UsageError when there is neither; the signal's reason
 */
export async function readInput(
  { io }: Context,
  words: readonly string[],
  what: string,
  signal: AbortSignal,
): Promise<string> {
  if (words.length > 0) return words.join(" ");
  if (io.stdin.isTTY === true) throw new UsageError(`missing ${what}: write it after the model, or pipe it in`);
  const chunks: Buffer[] = [];
  let length = 0;
  const stop = () => io.stdin.destroy(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    for await (const chunk of io.stdin) {
      const bytes = Buffer.from(chunk as Uint8Array | string);
      length += bytes.length;
      if (length > mostBytes) throw new UsageError(`more than ${mostBytes} bytes were piped in: that is no ${what}`);
      chunks.push(bytes);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}
