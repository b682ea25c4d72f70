import { commands as actCommands, type Version } from "@bayling/core/interaction";
import type { InputSyntax } from "../input/message-input.ts";
import { parseSlashCommand } from "../input/slash-command-line.ts";
import { formatProbability } from "../output/probability.ts";
import { alignColumns } from "../output/table.ts";
import { shorten, textWidth, visible } from "../output/text-width.ts";
import { printWords } from "./show-version.ts";
import type { TranslationDialogue } from "./translation-dialogue.ts";

/** What can be done in a dialogue besides asking for changes. */
export interface DialogueCommand {
  readonly name: string;
  /** What follows the name, for the help. */
  readonly argument?: string;
  readonly does: string;
  /** @throws UsageError, BayLingError, the signal's reason */
  run(dialogue: TranslationDialogue, argument: string, signal: AbortSignal): Promise<void>;
}

const dialogueCommands: readonly DialogueCommand[] = [
  {
    name: "/help",
    does: "list all commands",
    run: async (dialogue) => help(dialogue),
  },
  {
    name: "/new",
    argument: "[TEXT]",
    does: "go on to another text",
    run: async (dialogue, argument, signal) => {
      dialogue.leave();
      if (argument !== "") await dialogue.begin(argument, signal);
      else dialogue.say("Type the next text.");
    },
  },
  {
    name: "/undo",
    does: "back to the translation before",
    run: async (dialogue) => {
      const version = dialogue.opened.undo();
      if (version !== undefined) await dialogue.show(version);
      else dialogue.say("Back at the beginning. /redo leads forth again, /retry translates anew.");
    },
  },
  { name: "/redo", does: "forth again", run: async (dialogue) => dialogue.show(dialogue.opened.redo()) },
  {
    name: "/retry",
    does: "another translation, drawn at random",
    run: (dialogue, _, signal) => dialogue.regenerate({}, signal),
  },
  {
    name: "/edit",
    argument: "TEXT",
    does: "put your own translation in its place, and go on from it",
    run: async (dialogue, argument) => {
      if (argument === "") return dialogue.say("Write the translation behind it: /edit 你好！");
      await dialogue.show(dialogue.opened.edit(argument));
    },
  },
  {
    name: "/words",
    does: "the translation, coloured by how sure the model is of each word",
    run: async ({ opened, terminal }, _, signal) => printWords(opened.text, await opened.words({ signal }), terminal),
  },
  {
    name: "/word",
    argument: "N|WORD [CHOICE]",
    does: "other words at a place; with a choice, the translation goes on from it",
    run: otherWords,
  },
  { name: "/versions", does: "list all translations of the text", run: async (dialogue) => listVersions(dialogue) },
  {
    name: "/goto",
    argument: "N",
    does: "to version N of that list; what you ask for next begins a branch",
    run: async (dialogue, argument) => {
      const { versions } = dialogue.opened;
      const number = /^\d+$/.test(argument) ? Number(argument) : 0;
      if (versions[number - 1] !== undefined) return dialogue.show(dialogue.opened.goTo(number - 1));
      dialogue.say(`Name one of the ${versions.length} that /versions lists: /goto 1`);
    },
  },
  { name: "/exit", does: "leave", run: async (dialogue) => dialogue.end() },
];

export function findDialogueCommand(name: string): DialogueCommand | undefined {
  const wanted = name === "/quit" || name === "/bye" ? "/exit" : name;
  return dialogueCommands.find((command) => command.name === wanted);
}

/** Names of all commands, those that ask for changes included. */
export const commandNames: readonly string[] = [
  ...dialogueCommands.map(({ name }) => name),
  ...actCommands.flatMap(({ names }) => names.map((name) => `/${name}`)),
];

export function dialogueSyntax(dialogue: TranslationDialogue): InputSyntax {
  const known = new Set([...commandNames, "/quit", "/bye"]);
  return {
    prompt: () => (dialogue.session === undefined ? `${dialogue.translator.from}> ` : "> "),
    isCommand: (line) => known.has(parseSlashCommand(line)?.name ?? ""),
    completions: [
      ...dialogueCommands.map(({ name, argument }) => (argument === undefined ? name : `${name} `)),
      ...actCommands.flatMap(({ names, usage }) => names.map((name) => (usage === "" ? `/${name}` : `/${name} `))),
    ],
  };
}

const helpColumn = 30;

function help(dialogue: TranslationDialogue): void {
  const { terminal, translator } = dialogue;
  const { paintNote } = terminal;
  const row = (name: string, argument: string, does: string): string[] => {
    const head = `  ${paintNote("cyan", name)} ${argument}`.trimEnd();
    const gap = helpColumn - textWidth(head);
    if (gap >= 2) return [head + " ".repeat(gap) + paintNote("dim", does)];
    return [head, " ".repeat(helpColumn) + paintNote("dim", does)];
  };
  terminal.note(...dialogueCommands.flatMap(({ name, argument = "", does }) => row(name, argument, does)), "");
  terminal.note(paintNote("bold", "What to ask for"));
  terminal.note(...actCommands.flatMap(({ names, usage, summary }) => row(`/${names[0]}`, usage, summary)), "");
  const lines = [
    `At the prompt ${translator.from}> a text is awaited. At > all is about its translation: commands, or words such`,
    "as: make it shorter, 更正式一点, ohne „Bank“. Other words are said to the model as they are. Type /new",
    "for another text. A line that ends in \\ goes on in the next one. // at the beginning sends a /.",
    "✓ a check passes, ✗ it fails, ? it cannot be decided.",
    "Ctrl+C stops the model, and the text stays; at the prompt, Ctrl+C and Ctrl+D leave.",
  ];
  for (const line of lines) dialogue.say(line);
}

async function otherWords(dialogue: TranslationDialogue, argument: string, signal: AbortSignal): Promise<void> {
  const { opened, terminal } = dialogue;
  const [, wanted, choice] = /^(\S+)(?:\s+(\d+))?$/.exec(argument) ?? [];
  if (wanted === undefined) return dialogue.say("Name a word, or its number: /word 3");
  const words = await opened.words({ signal });
  const index = /^\d+$/.test(wanted) ? Number(wanted) - 1 : words.findIndex(({ text }) => text === wanted);
  const word = words[index];
  if (word === undefined) return dialogue.say(`There is no word ${wanted}: the translation has ${words.length}.`);
  const alternatives = await opened.alternatives(index, { signal });
  if (choice === undefined) {
    const rows = alternatives.map(({ text, probability }, place) => [
      `  ${place + 1}`,
      visible(text),
      terminal.paint("dim", formatProbability(Math.log(probability))),
    ]);
    return terminal.print(...alignColumns(rows, [{ align: "right" }]));
  }
  const chosen = alternatives[Number(choice) - 1];
  if (chosen === undefined) return dialogue.say(`There is no choice ${choice}: /word ${index + 1} lists them.`);
  await dialogue.regenerate({ prefix: chosen.prefix }, signal);
}

async function listVersions(dialogue: TranslationDialogue): Promise<void> {
  const { terminal } = dialogue;
  const { versions, current } = dialogue.opened;
  if (versions.length === 0) return dialogue.say("There is none yet.");
  const rows = versions.map((version) => [
    `${version === current ? "→" : " "} ${version.id + 1}`,
    version.parent === undefined ? "" : `from ${version.parent + 1}`,
    version.reply?.act.kind ?? "edit",
    shorten(visible(textOf(version)), 60),
  ]);
  await terminal.print(...alignColumns(rows));
}

/** What it added: a translation, or words about one. */
function textOf({ reply, translation = "" }: Version): string {
  return reply?.act.replies === "text" ? `(${reply.text})` : translation;
}
