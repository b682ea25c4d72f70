import { writeFile } from "node:fs/promises";
import { formatBytes, formatSeconds, plural, threeDigits } from "../output/numbers.ts";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { visible } from "../output/text-width.ts";
import type { ChatSession } from "./chat-session.ts";
import { nearest } from "./nearest.ts";
import { transcript } from "./transcript.ts";

export interface SlashCommand {
  readonly name: string;
  /** What follows the name, for the help. */
  readonly argument?: string;
  readonly does: string;
  /** @returns `leave` to end the chat */
  run(session: ChatSession, argument: string, terminal: Terminal): Promise<"leave" | undefined>;
}

const say = (terminal: Terminal, text: string) => terminal.note(terminal.paintNote("dim", text));

export const slashCommands: readonly SlashCommand[] = [
  {
    name: "/help",
    does: "list these commands",
    run: async (_, __, terminal) => {
      const { paintNote } = terminal;
      const rows = slashCommands.map(({ name, argument = "", does }) => [
        `  ${paintNote("cyan", name)} ${argument}`.trimEnd(),
        paintNote("dim", does),
      ]);
      terminal.note(...alignColumns(rows), "");
      say(terminal, "A line that ends in \\ goes on in the next one. // at the beginning sends a /.");
      say(terminal, "Ctrl+C stops a reply; at the prompt, Ctrl+C and Ctrl+D leave.");
      return undefined;
    },
  },
  {
    name: "/reset",
    does: "forget what was said; the system prompt stays",
    run: async ({ conversation }, _, terminal) => {
      conversation.reset();
      say(terminal, "Forgotten.");
      return undefined;
    },
  },
  {
    name: "/system",
    argument: "[TEXT]",
    does: "tell the model how to behave; without a text, show what it was told",
    run: async ({ conversation }, argument, terminal) => {
      if (argument !== "") conversation.system = argument;
      say(
        terminal,
        conversation.system === undefined ? "No system prompt." : `System prompt: ${visible(conversation.system)}`,
      );
      return undefined;
    },
  },
  {
    name: "/undo",
    does: "take back your last message and its reply",
    run: async ({ conversation }, _, terminal) => {
      const turn = conversation.undo();
      say(terminal, turn === undefined ? "There is nothing to take back." : `Taken back: ${visible(turn.user)}`);
      return undefined;
    },
  },
  {
    name: "/save",
    argument: "FILE",
    does: "write the conversation to a new file: .json, or Markdown",
    run: async ({ conversation }, argument, terminal) => {
      if (argument === "") {
        say(terminal, "Name a file: /save conversation.md");
        return undefined;
      }
      try {
        // A typing mistake must not cost anybody a file.
        await writeFile(argument, transcript(conversation.record, argument), { flag: "wx" });
        say(terminal, `Saved ${plural(conversation.turns.length, "turn")} to ${visible(argument)}.`);
      } catch (error) {
        const exists = (error as { code?: unknown }).code === "EEXIST";
        const reason = exists ? "the file is there already" : error instanceof Error ? error.message : String(error);
        terminal.note(`${terminal.paintNote("red", "not saved:")} ${visible(reason)}`);
      }
      return undefined;
    },
  },
  {
    name: "/stats",
    does: "show how full the context is, and how the last reply went",
    run: async (session, _, terminal) => {
      const { paintNote } = terminal;
      const rows = statistics(session).map(([label, value]) => [`  ${paintNote("dim", label)}`, value]);
      terminal.note(...alignColumns(rows));
      return undefined;
    },
  },
  { name: "/exit", does: "leave", run: async () => "leave" },
];

/** The command that a line calls, or `undefined` when the line is a message. */
export function parseSlashCommand(line: string): { readonly name: string; readonly argument: string } | undefined {
  const [, name, argument] = /^(\/[a-z]+)(?:\s+(.*))?$/s.exec(line.trim()) ?? [];
  return name === undefined ? undefined : { name, argument: (argument ?? "").trim() };
}

export function findSlashCommand(name: string): SlashCommand | undefined {
  const wanted = name === "/quit" || name === "/bye" ? "/exit" : name;
  return slashCommands.find((command) => command.name === wanted);
}

/** What to say to a command that there is not. */
export function unknownSlashCommand(name: string): string {
  const similar = nearest(
    name,
    slashCommands.map((command) => command.name),
  );
  return `There is no ${name}.${similar === undefined ? "" : ` Did you mean ${similar}?`} /help lists the commands.`;
}

function statistics({ conversation, lastReply, model, promptTokens }: ChatSession): [string, string][] {
  const forgotten = conversation.forgotten === 0 ? "" : `, ${conversation.forgotten} of them forgotten`;
  const rows: [string, string][] = [
    ["context", `${promptTokens} of ${plural(model.contextLength, "token")}`],
    ["turns", `${conversation.turns.length}${forgotten}`],
  ];
  if (lastReply !== undefined) {
    const { usage, times } = lastReply;
    rows.push(
      ["last prompt", `${plural(usage.promptTokens, "token")}, ${usage.reusedTokens} of them known from before`],
      ["last reply", `${plural(usage.generatedTokens, "token")} in ${formatSeconds(times.total)}`],
      ["first token", `after ${formatSeconds(times.firstToken)}`],
      ["speed", `${threeDigits(times.tokensPerSecond)} tokens/s`],
    );
  }
  rows.push(["memory", `${formatBytes(process.memoryUsage().rss)} resident`]);
  return rows;
}
