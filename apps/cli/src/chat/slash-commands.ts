import { writeFile } from "node:fs/promises";
import type { ChatMessage, Generation } from "@bayling/core";
import type { InputSyntax } from "../input/message-input.ts";
import { parseSlashCommand } from "../input/slash-command-line.ts";
import { formatBytes, formatSeconds, plural, threeDigits } from "../output/numbers.ts";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { visible } from "../output/text-width.ts";
import type { Chat } from "./chat.ts";
import { transcript } from "./transcript.ts";

export interface SlashCommand {
  readonly name: string;
  /** What follows the name, for the help. */
  readonly argument?: string;
  readonly does: string;
  /** @returns `leave` to end the chat, or what asks for a reply */
  run(chat: Chat, argument: string, terminal: Terminal): Promise<"leave" | ReplyRequest | undefined>;
}

/** Asks for a reply. @throws as `ChatSession.send` */
export type ReplyRequest = (signal: AbortSignal) => Generation;

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
    run: async ({ session }, _, terminal) => {
      session.truncate(0);
      say(terminal, "Forgotten.");
      return undefined;
    },
  },
  {
    name: "/system",
    argument: "[TEXT]",
    does: "tell the model how to behave; without a text, show what it was told",
    run: async ({ session }, argument, terminal) => {
      if (argument !== "") session.system = argument;
      say(terminal, session.system === undefined ? "No system prompt." : `System prompt: ${visible(session.system)}`);
      return undefined;
    },
  },
  {
    name: "/undo",
    does: "take back your last message and its reply",
    run: async ({ session, turns }, _, terminal) => {
      const last = turns.at(-1);
      const said = last === undefined ? undefined : session.messages[last]!.content;
      if (last !== undefined) session.truncate(last);
      say(terminal, said === undefined ? "There is nothing to take back." : `Taken back: ${visible(said)}`);
      return undefined;
    },
  },
  {
    name: "/retry",
    does: "ask for another reply to your last message",
    run: async ({ session, turns }, _, terminal) => {
      if (turns.length > 0) return (signal) => session.retry({ signal });
      say(terminal, "There is nothing to reply to.");
      return undefined;
    },
  },
  {
    name: "/edit",
    argument: "N TEXT",
    does: "say something else in place of your message N; what came after it is forgotten",
    run: async ({ session, turns }, argument, terminal) => {
      const [, number, text] = /^(\d+)\s+(.+)$/s.exec(argument) ?? [];
      const index = turns[Number(number) - 1];
      if (text !== undefined && index !== undefined) return (signal) => session.resend(index, text, { signal });
      if (text === undefined) say(terminal, "Say which message, and what it is to be: /edit 1 And in winter?");
      else say(terminal, `There is no message ${number}: you sent ${plural(turns.length, "message")}.`);
      return undefined;
    },
  },
  {
    name: "/save",
    argument: "FILE",
    does: "write the conversation to a new file: .json, or Markdown",
    run: async ({ session, turns }, argument, terminal) => {
      if (argument === "") {
        say(terminal, "Name a file: /save conversation.md");
        return undefined;
      }
      try {
        // A typing mistake must not cost anybody a file.
        await writeFile(argument, transcript(record(session), argument), { flag: "wx" });
        say(terminal, `Saved ${plural(turns.length, "turn")} to ${visible(argument)}.`);
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
    run: async (chat, _, terminal) => {
      const { paintNote } = terminal;
      const rows = statistics(chat).map(([label, value]) => [`  ${paintNote("dim", label)}`, value]);
      terminal.note(...alignColumns(rows));
      return undefined;
    },
  },
  { name: "/exit", does: "leave", run: async () => "leave" },
];

export const chatSyntax: InputSyntax = {
  prompt: () => "> ",
  isCommand: (line) => findSlashCommand(parseSlashCommand(line)?.name ?? "") !== undefined,
  completions: slashCommands.map(({ name, argument }) => (argument === undefined ? name : `${name} `)),
};

export function findSlashCommand(name: string): SlashCommand | undefined {
  const wanted = name === "/quit" || name === "/bye" ? "/exit" : name;
  return slashCommands.find((command) => command.name === wanted);
}

/** Everything that was said. */
function record({ system, messages }: Chat["session"]): readonly ChatMessage[] {
  return system === undefined ? messages : [{ role: "system", content: system }, ...messages];
}

function statistics({ turns, forgottenTurns, lastReply, model, contextTokens }: Chat): [string, string][] {
  const forgotten = forgottenTurns === 0 ? "" : `, ${forgottenTurns} of them forgotten`;
  const rows: [string, string][] = [
    ["context", `${contextTokens} of ${plural(model.contextLength, "token")}`],
    ["turns", `${turns.length}${forgotten}`],
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
