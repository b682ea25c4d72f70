import type { Argument, Command } from "commander";
import type { Context } from "./context.ts";
import type { Terminal } from "./output/terminal.ts";
import { textWidth } from "./output/text-width.ts";

/** How help looks and where it goes; commands that are added afterwards inherit it. */
export function configureHelp(program: Command, { io, terminal }: Context): void {
  const { paint } = terminal;
  program
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // `main` reports errors, in the style that was asked for.
      outputError: () => {},
      getOutHelpWidth: () => terminal.width,
      getErrHelpWidth: () => terminal.width,
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .configureHelp({
      // Every command has options, and long terms leave no room to say what it does.
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(" "),
      styleTitle: (text) => paint("bold", text),
      styleCommandText: (text) => paint("cyan", text),
      styleSubcommandText: (text) => paint("cyan", text),
      styleOptionText: (text) => paint("cyan", text),
      styleArgumentText: (text) => paint("cyan", text),
      displayWidth: textWidth,
    });
}

function argumentTerm(argument: Argument): string {
  const name = argument.name() + (argument.variadic ? "..." : "");
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** A list of example command lines, each with what it does. */
export function examples(terminal: Terminal, lines: readonly (readonly [command: string, purpose: string])[]): string {
  const { paint } = terminal;
  const shown = lines.flatMap(([command, purpose]) => [
    `  ${paint("dim", `# ${purpose}`)}`,
    `  ${paint("cyan", command)}`,
  ]);
  return ["", paint("bold", "Examples:"), ...shown].join("\n");
}

/** The end of the program's own help. */
export function helpTail(terminal: Terminal): string {
  const { paint } = terminal;
  return [
    examples(terminal, [
      ["bayling chat model.gguf", "talk with a model"],
      ["bayling translate model.gguf --from en --to zh-Hans", "translate, and steer the translation"],
      ['bayling complete model.gguf "Once upon a time"', "let it go on writing"],
      ["bayling inspect https://…/model.gguf", "see what a file holds and what memory it needs; reads only the header"],
    ]),
    "",
    `${paint("bold", "Output:")} results go to stdout, progress and errors to stderr. Piped output is plain`,
    "  text, and every command takes --json. NO_COLOR=1 turns colours off, FORCE_COLOR=1 on;",
    "  BAYLING_DEBUG=1 shows stack traces.",
    "",
    `${paint("bold", "Exit codes:")} 0 done · 1 failed · 2 wrong usage · 130 interrupted by Ctrl+C`,
  ].join("\n");
}
