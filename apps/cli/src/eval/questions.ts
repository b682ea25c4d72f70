import { answerQuestions, type ChatSystem, parseQuestions, type QuestionResponse } from "@bayling/tuning/evaluation";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { plural } from "../output/numbers.ts";
import { visible } from "../output/text-width.ts";
import { digest } from "./digest.ts";
import { systemFile } from "./named-file.ts";
import { openChatSystem, type SystemSettings } from "./open-systems.ts";
import { runSystems } from "./run-systems.ts";
import type { SystemFlags } from "./system-names.ts";
import { addSystemOptions } from "./system-options.ts";
import { readText, writeText } from "./text-file.ts";

interface QuestionsFlags extends SystemFlags, SystemSettings {
  readonly out: string;
}

export function addQuestions(group: Command, context: Context): void {
  const command = group
    .command("questions")
    .summary("ask systems the questions of BayLing-80, or of your own")
    .description(
      "Asks systems questions of one turn or several; they read their own replies before the next turn. Questions are JSON " +
        'objects a line with "question_id", "category" and "text". Replies are written as BayLing\'s authors published theirs.',
    )
    .argument("<questions>", "the questions")
    .requiredOption("--out <folder>", "where replies are kept, a file a system; a run that was stopped goes on");
  addSystemOptions(command)
    .addHelpText(
      "after",
      examples(context.terminal, [
        [
          "bayling eval questions bayling-80.jsonl --system chat:a.gguf --system chat:b.gguf --out replies",
          "ask two models",
        ],
        ["bayling eval judge replies/a.jsonl replies/b.jsonl --system http://host/v1#gpt-4", "then have them judged"],
      ]),
    )
    .action((file: string, flags: QuestionsFlags) =>
      context.interrupts.during((signal) => ask(file, flags, context, signal)),
    );
}

async function ask(file: string, flags: QuestionsFlags, context: Context, signal: AbortSignal): Promise<void> {
  const text = await readText(file, signal);
  const questions = parseQuestions(text, visible(file));
  const answered = await runSystems<ChatSystem, QuestionResponse, QuestionResponse[]>(
    context,
    { systems: flags.system ?? [], folder: flags.out, task: { questions: digest(text) } },
    (named) => openChatSystem(context, named, flags, signal),
    (system, options) => answerQuestions(system, questions, options),
    signal,
  );
  for (const { name, result } of answered) {
    const output = systemFile(flags.out, name, ".jsonl");
    await writeText(output, result.map((response) => `${JSON.stringify(response)}\n`).join(""));
    await context.terminal.print(`${visible(output)}: ${plural(result.length, "answer")}`);
  }
}
