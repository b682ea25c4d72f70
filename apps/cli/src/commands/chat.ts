import type { Generation } from "@bayling/core";
import { detectTemplate } from "@bayling/core/prompt";
import type { Command } from "commander";
import { Chat, type ReplyReport } from "../chat/chat.ts";
import { gettingAModel } from "../chat/getting-a-model.ts";
import { chatSyntax, findSlashCommand, type ReplyRequest, slashCommands } from "../chat/slash-commands.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { type MessageInput, openMessageInput } from "../input/message-input.ts";
import { parseSlashCommand, unescapeSlash, unknownSlashCommand } from "../input/slash-command-line.ts";
import { type OpenedModel, openModel, sequencesFor } from "../open-model.ts";
import { addGenerationOptions, type GenerationFlags, toGenerateOptions } from "../options/generation-options.ts";
import { addModelOptions, type ModelFlags, modelArgument } from "../options/model-options.ts";
import { fileName } from "../output/file-name.ts";
import { formatSeconds, plural } from "../output/numbers.ts";
import { visible } from "../output/text-width.ts";
import { TextWriter } from "../output/text-writer.ts";
import { recover } from "../recover.ts";

interface ChatFlags extends ModelFlags, GenerationFlags {
  readonly system?: string;
  readonly template?: string;
  readonly json?: true;
}

const defaults = { temperature: 0.7, minP: 0.05, untaughtMaxTokens: 256 };

export function addChat(program: Command, context: Context): void {
  const command = program
    .command("chat")
    .summary("talk with a model")
    .description(
      "Talks with a model. Type a message and press Enter; /help lists what else there is. Ctrl+C stops a reply, and at " +
        "the prompt it leaves. When messages are piped in, every line is one.",
    )
    .argument("[model]", `${modelArgument[1]}; without it, how to get one`)
    .option("--system <text>", "tell the model how to behave")
    .option("--template <name>", "how the dialogue is written: chatml, llama-3 … (default: as the model was taught)")
    .option("--json", "print a JSON object a line for every reply");
  addModelOptions(command);
  addGenerationOptions(command, {
    temperature: String(defaults.temperature),
    minP: String(defaults.minP),
    maxTokens: `until the model ends; ${defaults.untaughtMaxTokens} for a model that was not taught to chat`,
  });
  command
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling chat model.gguf", "talk"],
        ['bayling chat model.gguf --system "Answer in one sentence." --temperature 0', "always the same, and short"],
        ["bayling chat model.gguf < questions.txt > answers.txt", "a conversation from a file, a message a line"],
      ]),
    )
    .action(async (source: string | undefined, flags: ChatFlags) => {
      if (source === undefined) return context.terminal.print(...gettingAModel(context.terminal));
      const sequences = sequencesFor(flags.beams);
      const opened = await context.interrupts.during((signal) =>
        openModel(context, source, flags, { sequences, signal }),
      );
      try {
        await converse(await startChat(opened, source, flags, context), flags, context);
      } finally {
        await opened.model.dispose();
      }
    });
}

async function startChat(
  { model, loadSeconds }: OpenedModel,
  source: string,
  flags: ChatFlags,
  { terminal }: Context,
): Promise<Chat> {
  const template = await detectTemplate(model.metadata, model.tokenizer, flags.template);
  const taught = template.name !== "plain";
  const draws = (flags.beams ?? 1) === 1;
  const replies = {
    ...toGenerateOptions(flags),
    temperature: flags.temperature ?? (draws ? defaults.temperature : 0),
    minP: flags.minP ?? (draws ? defaults.minP : 0),
    maxTokens: flags.maxTokens ?? (taught ? undefined : defaults.untaughtMaxTokens),
  };
  if (terminal.isNoteInteractive) {
    const { paintNote } = terminal;
    const facts = [
      model.backendId,
      `context of ${plural(model.contextLength, "token")}`,
      `loaded in ${formatSeconds(loadSeconds)}`,
    ];
    terminal.note(`${paintNote("bold", visible(fileName(source)))} ${paintNote("dim", `· ${facts.join(" · ")}`)}`);
    if (!taught) {
      terminal.note(paintNote("yellow", "This model was not taught to chat: it goes on writing after what you type."));
    }
    if (terminal.isInputInteractive)
      terminal.note(paintNote("dim", "/help lists commands, Ctrl+C stops a reply, Ctrl+D leaves."));
    terminal.note("");
  }
  return new Chat(model, await model.chat({ system: flags.system, template, defaults: replies }));
}

async function converse(chat: Chat, flags: ChatFlags, context: Context): Promise<void> {
  const { interrupts, terminal } = context;
  const input = openMessageInput(context, chatSyntax);
  try {
    for (;;) {
      const message = await nextMessage(input, context);
      if (message === undefined) return;
      const request = await requestFrom(message, chat, context);
      if (request === "leave") return;
      if (request !== undefined) {
        await interrupts
          .during((signal) => answer(chat, request(signal), flags, context))
          .catch((error: unknown) => recover(error, context));
      } else if (terminal.isInputInteractive) terminal.note("");
    }
  } finally {
    input.close();
  }
}

/** What asks for a reply: a message, or a command that does. Other commands are run. */
async function requestFrom(
  message: string,
  chat: Chat,
  { terminal }: Context,
): Promise<"leave" | ReplyRequest | undefined> {
  const command = parseSlashCommand(message);
  if (command === undefined) {
    return (signal) => chat.session.send(unescapeSlash(message), { signal });
  }
  const known = findSlashCommand(command.name);
  if (known !== undefined) return known.run(chat, command.argument, terminal);
  const names = slashCommands.map(({ name }) => name);
  terminal.note(terminal.paintNote("yellow", unknownSlashCommand(command.name, names)));
  return undefined;
}

async function nextMessage(input: MessageInput, { interrupts, terminal }: Context): Promise<string | undefined> {
  const message = await interrupts.during((signal) => input.next(signal));
  // On a terminal, a conversation reads like one, wherever the messages come from.
  if (message !== undefined && terminal.isInteractive && !terminal.isInputInteractive) {
    await terminal.print(terminal.paint("dim", `> ${visible(message)}`));
  }
  return message;
}

async function answer(chat: Chat, generation: Generation, { json }: ChatFlags, { terminal }: Context): Promise<void> {
  const note = (text: string) => terminal.note(terminal.paintNote("yellow", text));
  const writer = new TextWriter(terminal);
  let report: ReplyReport;
  try {
    report = await chat.read(generation, {
      onForgotten: (turns) => note(`(the context is full: forgot the oldest ${plural(turns, "turn")})`),
      onText: async (text) => {
        if (json !== true) await writer.push(text);
      },
    });
  } finally {
    if (json !== true && !terminal.closed.aborted) await writer.end();
  }
  if (json === true) {
    const { text, finishReason, usage } = report;
    await terminal.printJsonLine({ reply: text, finishReason, usage });
  }
  if (report.finishReason === "context") note("(the context is full: the reply ends here)");
  if (report.finishReason === "length" && terminal.isInteractive) {
    note(`(stopped after ${plural(report.usage.generatedTokens, "token")}: --max-tokens sets how many)`);
  }
  if (terminal.isInteractive) await terminal.print("");
}
