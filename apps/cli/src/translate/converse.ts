import { ask, parseCommand } from "@bayling/core/interaction";
import type { Context } from "../context.ts";
import { openMessageInput } from "../input/message-input.ts";
import { parseSlashCommand, unescapeSlash, unknownSlashCommand } from "../input/slash-command-line.ts";
import { fileName } from "../output/file-name.ts";
import { formatSeconds, plural } from "../output/numbers.ts";
import { visible } from "../output/text-width.ts";
import { recover } from "../recover.ts";
import { commandNames, dialogueSyntax, findDialogueCommand } from "./dialogue-commands.ts";
import { TranslationDialogue } from "./translation-dialogue.ts";
import { doubtsAbout, type OpenedTranslator, openTranslator, type TranslationTask } from "./translation-task.ts";

/** A dialogue with a person at a terminal: a text, then what to change of its translation. */
export async function converse(task: TranslationTask, context: Context): Promise<void> {
  const { interrupts, terminal } = context;
  const opened = await interrupts.during((signal) => openTranslator(task, context, signal));
  const { flags, options } = task;
  const dialogue = new TranslationDialogue(
    opened.translator,
    {
      context: flags.context === true,
      json: flags.json === true,
      hypotheses: (flags.beams ?? 1) > 1,
      seed: options.seed,
    },
    terminal,
  );
  const input = openMessageInput(context, dialogueSyntax(dialogue));
  try {
    greet(opened, task.source, context);
    while (!dialogue.ended) {
      const message = await interrupts.during((signal) => input.next(signal));
      if (message === undefined) return;
      await interrupts
        .during((signal) => answer(message, dialogue, signal))
        .then(
          () => terminal.note(""),
          (error: unknown) => recover(error, context),
        );
    }
  } finally {
    input.close();
    dialogue.leave();
    await opened.model.dispose();
  }
}

function greet({ model, translator, loadSeconds }: OpenedTranslator, source: string, { terminal }: Context): void {
  if (!terminal.isNoteInteractive) return;
  const { paintNote } = terminal;
  const facts = [
    model.backendId,
    `${translator.from} → ${translator.to}`,
    `asked as ${translator.profile.name}`,
    `context of ${plural(model.contextLength, "token")}`,
    `loaded in ${formatSeconds(loadSeconds)}`,
  ];
  terminal.note(
    `${paintNote("bold", visible(fileName(source)))} ${paintNote("dim", `· ${visible(facts.join(" · "))}`)}`,
  );
  for (const doubt of doubtsAbout(translator)) terminal.note(paintNote("yellow", visible(doubt)));
  terminal.note(
    paintNote("dim", "Type a text, then what to change. /help lists how, /new takes another text, Ctrl+D leaves."),
  );
  terminal.note("");
}

/** A command, a text where one is awaited, or words about its translation. */
async function answer(message: string, dialogue: TranslationDialogue, signal: AbortSignal): Promise<void> {
  const command = parseSlashCommand(message);
  if (command !== undefined) {
    const own = findDialogueCommand(command.name);
    if (own !== undefined) return own.run(dialogue, command.argument, signal);
    if (!commandNames.includes(command.name)) return dialogue.say(unknownSlashCommand(command.name, commandNames));
    return dialogue.apply(parseCommand(message), signal);
  }
  if (dialogue.session === undefined) return dialogue.begin(unescapeSlash(message), signal);
  // A path at the beginning of words calls no command.
  const act = message.startsWith("/") ? ask(unescapeSlash(message)) : parseCommand(message);
  await dialogue.apply(act, signal);
}
