import { BayLingError, type ErrorCode } from "@bayling/core";
import { exitCodes, Interrupted, OutputClosed, PartialFailure, UsageError } from "../exit-codes.ts";
import type { Terminal } from "./terminal.ts";
import { jsonText, printable, visible } from "./text-width.ts";

/** How errors are told. */
export interface ErrorStyle {
  /** As a JSON object instead of a sentence. */
  readonly json: boolean;
  /** With the stack: for whoever looks for a mistake in this program. */
  readonly debug: boolean;
  /** The command whose help tells what it takes. */
  readonly command?: string | undefined;
}

/** Tells a person, or the program that asked for JSON, what went wrong. @returns the exit code */
export function reportError(error: unknown, terminal: Terminal, { json, debug, command }: ErrorStyle): number {
  if (error instanceof OutputClosed) return exitCodes.ok;
  const interrupted = error instanceof Interrupted;
  if (json) terminal.note(jsonText({ error: describe(error, command) }));
  else if (interrupted) terminal.note(terminal.paintNote("dim", "interrupted"));
  else terminal.note(sentence(error, terminal, command));
  if (error instanceof UsageError && !json) {
    const help = ["bayling", ...(command === undefined ? [] : [command]), "--help"].join(" ");
    terminal.note(terminal.paintNote("dim", `See ${help}`));
  }
  if (debug && error instanceof Error && !interrupted) terminal.note(printable(stackOf(error)));
  if (interrupted) return exitCodes.interrupted;
  return isUsage(error) ? exitCodes.usage : exitCodes.failure;
}

const usageCodes = new Set<ErrorCode>([
  "argument-invalid",
  "language-unknown",
  "request-contradictory",
  "command-unknown",
]);

/** Options reach core as they were typed; what it refuses is wrong usage. */
function isUsage(error: unknown): boolean {
  return error instanceof UsageError || (BayLingError.isInstance(error) && usageCodes.has(error.code));
}

function sentence(error: unknown, { paintNote }: Terminal, command: string | undefined): string {
  const label = paintNote(["red", "bold"], "error:");
  if (BayLingError.isInstance(error)) {
    return `${label} ${visible(messageOf(error, command))} ${paintNote("dim", `[${error.code}]`)}`;
  }
  if (error instanceof UsageError) return `${label} ${printable(error.message)}`;
  if (error instanceof PartialFailure) {
    const parts = error.parts.map(({ place, reason }) => `  ${visible(place)}: ${visible(reason)}`);
    return [`${label} ${visible(error.message)}`, ...parts].join("\n");
  }
  const hint = paintNote("dim", "Set BAYLING_DEBUG=1 to see where it comes from.");
  return `${label} ${visible(messageOf(error, command))}\n${hint}`;
}

function describe(error: unknown, command: string | undefined): Record<string, unknown> {
  const message = messageOf(error, command);
  if (BayLingError.isInstance(error)) {
    const { code, source, field, expected, received, remedy } = error;
    return { code, message, source, field, expected, received, remedy };
  }
  if (error instanceof Interrupted) return { code: "interrupted", message };
  if (error instanceof PartialFailure) return { code: "partial", message, parts: error.parts };
  return { code: error instanceof UsageError ? "usage" : "unexpected", message };
}

/** Core names its options; who typed them knows them as flags. */
const flags: Readonly<Record<string, string>> = {
  contextLength: "--context",
  temperature: "--temperature",
  topK: "--top-k",
  topP: "--top-p",
  minP: "--min-p",
  repetitionPenalty: "--repetition-penalty",
  seed: "--seed",
  maxTokens: "--max-tokens",
  stop: "--stop",
  beams: "--beams",
  gpuLayers: "--gpu-layers",
  threads: "--threads",
  logprobs: "--logprobs",
  template: "--template",
  profile: "--profile",
  host: "--host",
  port: "--port",
  apiKeys: "--api-key",
  corsOrigins: "--cors",
  from: "--from",
  to: "--to",
  "/include": "--include",
  "/forbid": "--forbid",
};

/** `--context` is something else there. */
const translateFlags: Readonly<Record<string, string>> = { contextLength: "--context-length" };

function messageOf(error: unknown, command: string | undefined): string {
  if (!(error instanceof Error)) return String(error);
  if (!isUsage(error) || !BayLingError.isInstance(error)) return error.message;
  const renamed = command === "translate" ? translateFlags : {};
  const flag = { ...flags, ...renamed }[error.field ?? ""];
  return flag === undefined ? error.message : error.message.replace(`${error.field}: `, `${flag}: `);
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
