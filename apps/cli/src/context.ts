import type { Interrupts } from "./interrupts.ts";
import type { Io } from "./io.ts";
import type { Terminal } from "./output/terminal.ts";

/** What every command works with. */
export interface Context {
  readonly io: Io;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
}
