import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addBench } from "./commands/bench.ts";
import { addChat } from "./commands/chat.ts";
import { addComplete } from "./commands/complete.ts";
import { addConvert } from "./commands/convert.ts";
import { addApplyDelta, addMakeDelta } from "./commands/delta.ts";
import { addEval } from "./commands/eval.ts";
import { addInspect } from "./commands/inspect.ts";
import { addMerge } from "./commands/merge.ts";
import { addQuantize } from "./commands/quantize.ts";
import { addServe } from "./commands/serve.ts";
import { addTokenize } from "./commands/tokenize.ts";
import { addTranslate } from "./commands/translate.ts";
import { addTune } from "./commands/tune.ts";
import type { Context } from "./context.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { configureHelp, helpTail } from "./help.ts";
import { Interrupts } from "./interrupts.ts";
import type { Io } from "./io.ts";
import { reportError } from "./output/report-error.ts";
import { Terminal } from "./output/terminal.ts";

/** Runs a command line. Never throws. @param argv what was typed after the program's name @returns the exit code */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const terminal = new Terminal(io);
  const context: Context = { io, terminal, interrupts: new Interrupts(io, terminal.closed) };
  const program = createProgram(context);
  try {
    const typed = argv.length === 0 ? ["--help"] : argv[0] === "help" ? helpRequest(argv, program) : argv;
    await program.parseAsync(typed, { from: "user" });
    terminal.closed.throwIfAborted();
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    return reportError(asUsageError(error), terminal, {
      json: argv.some((argument) => argument === "--json" || argument === "--json-lines"),
      debug: (io.env.BAYLING_DEBUG ?? "") !== "",
      command: program.commands.find((command) => command.name() === argv[0])?.name(),
    });
  }
}

function createProgram(context: Context): Command {
  const program = new Command("bayling")
    .description("Runs LLaMA-family models from GGUF files.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .exitOverride()
    .usage("<command> [options]");
  configureHelp(program, context);
  addChat(program, context);
  addTranslate(program, context);
  addComplete(program, context);
  addServe(program, context);
  addInspect(program, context);
  addTokenize(program, context);
  addConvert(program, context);
  addQuantize(program, context);
  addMerge(program, context);
  addApplyDelta(program, context);
  addMakeDelta(program, context);
  addEval(program, context);
  addTune(program, context);
  addBench(program, context);
  return program.addHelpText("after", helpTail(context.terminal));
}

/** `help foo` is an unknown command like `foo`, with the same suggestion. */
function helpRequest(argv: readonly string[], program: Command): readonly string[] {
  const [, name] = argv;
  if (name === undefined || program.commands.some((command) => command.name() === name)) return argv;
  return [name];
}

function asUsageError(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  return new UsageError(error.message.replace(/^error: /, ""), { cause: error });
}

function version(): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  return manifest.version;
}
