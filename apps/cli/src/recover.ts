import { BayLingError } from "@bayling/core";
import type { Context } from "./context.ts";
import { Interrupted, UsageError } from "./exit-codes.ts";
import { reportError } from "./output/report-error.ts";
import { visible } from "./output/text-width.ts";

/** At a terminal, a reply that is stopped or fails is not the end of a dialogue. @throws the error where it is */
export function recover(error: unknown, { io, terminal }: Context): void {
  if (!terminal.isInputInteractive || terminal.closed.aborted) throw error;
  if (error instanceof Interrupted) {
    terminal.note(terminal.paintNote("dim", "(stopped)"), "");
    return;
  }
  if (error instanceof UsageError) {
    terminal.note(terminal.paintNote("yellow", visible(error.message)), "");
    return;
  }
  if (!BayLingError.isInstance(error) || error.code === "disposed") throw error;
  reportError(error, terminal, { json: false, debug: (io.env.BAYLING_DEBUG ?? "") !== "" });
  terminal.note("");
}
