import { nearest } from "./nearest.ts";

/** The command that a line calls, or `undefined` when the line is a message. */
export function parseSlashCommand(line: string): { readonly name: string; readonly argument: string } | undefined {
  const [, name, argument] = /^(\/[a-z]+)(?:\s+(.*))?$/s.exec(line.trim()) ?? [];
  return name === undefined ? undefined : { name, argument: (argument ?? "").trim() };
}

/** What to say to a command that there is not. */
export function unknownSlashCommand(name: string, names: readonly string[]): string {
  const similar = nearest(name, names);
  return `There is no ${name}.${similar === undefined ? "" : ` Did you mean ${similar}?`} /help lists the commands.`;
}

/** `//` at the beginning of a message stands for a slash that calls no command. */
export function unescapeSlash(message: string): string {
  return message.startsWith("//") ? message.slice(1) : message;
}
