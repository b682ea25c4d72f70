import { BayLingError } from "@bayling/core";
import { exitCodes, Interrupted, OutputClosed, UsageError } from "../exit-codes.ts";
import type { Terminal } from "./terminal.ts";
import { visible } from "./text-width.ts";

/** How errors are told. */
export interface ErrorStyle {
  /** As a JSON object instead of a sentence. */
  readonly json: boolean;
  /** With the stack: for whoever looks for a mistake in this program. */
  readonly debug: boolean;
}

/** Tells a person, or the program that asked for JSON, what went wrong. @returns the exit code */
export function reportError(error: unknown, terminal: Terminal, { json, debug }: ErrorStyle): number {
  if (error instanceof OutputClosed) return exitCodes.ok;
  if (error instanceof Interrupted) {
    terminal.note(json ? JSON.stringify({ error: { code: "interrupted", message: "interrupted" } }) : "interrupted");
    return exitCodes.interrupted;
  }
  terminal.note(json ? JSON.stringify({ error: describe(error) }) : sentence(error, terminal));
  if (debug && error instanceof Error) terminal.note(stackOf(error));
  return isUsage(error) ? exitCodes.usage : exitCodes.failure;
}

/** Options reach core as they were typed; what it refuses is wrong usage. */
function isUsage(error: unknown): boolean {
  return error instanceof UsageError || (BayLingError.isInstance(error) && error.code === "argument-invalid");
}

function sentence(error: unknown, { paintNote }: Terminal): string {
  const label = paintNote(["red", "bold"], "error:");
  if (BayLingError.isInstance(error))
    return `${label} ${visible(error.message)} ${paintNote("dim", `[${error.code}]`)}`;
  if (error instanceof UsageError) return `${label} ${visible(error.message)}`;
  const hint = paintNote("dim", "Set BAYLING_DEBUG=1 to see where it comes from.");
  return `${label} ${visible(messageOf(error))}\n${hint}`;
}

function describe(error: unknown): Record<string, string | undefined> {
  if (BayLingError.isInstance(error)) {
    const { code, message, source, field, expected, received, remedy } = error;
    return { code, message, source, field, expected, received, remedy };
  }
  return { code: error instanceof UsageError ? "usage" : "unexpected", message: messageOf(error) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
