import { invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { Act } from "./act.ts";
import { ask } from "./acts/ask.ts";
import { type Command, commands } from "./commands/commands.ts";
import { actFromPlainWords } from "./commands/plain-words.ts";

/**
 * The act that a person typed: a command such as `/include ledger, journal`, or words in English, Chinese or German that
 * mean one act and no other ("make it shorter", 更正式一点, "kürzer bitte"). Any other words are said as they are, with
 * the `ask` act.
 * @param known commands to look among; add an application's own to the built-in ones
 * @throws BayLingError `command-unknown` that lists those that exist; `argument-invalid` and `language-unknown` for a
 * command whose arguments do not fit
 */
export function parseCommand(line: string, known: readonly Command[] = commands): Act {
  if (typeof line !== "string") throw invalidArgument("line", "a text", line);
  const text = line.trim();
  const found = /^[/／](\S*)(.*)$/su.exec(text);
  if (found === null) return actFromPlainWords(text) ?? ask(text);
  const name = found[1]!.toLowerCase();
  const named = known.find(({ names }) => names.includes(name));
  if (named !== undefined) return named.read(found[2]!);
  throw new BayLingError("command-unknown", {
    field: "command",
    problem: "there is no such command",
    expected: `one of ${known.map(({ names }) => `/${names[0]}`).join(", ")}`,
    received: `/${found[1]}`,
    remedy: "To say something to the model, begin without a slash",
  });
}
