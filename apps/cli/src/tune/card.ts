import path from "node:path";
import { type CardData, type CardOptions, writeCard } from "@bayling/tuning";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { ProgressLine } from "../output/progress-line.ts";
import type { Terminal } from "../output/terminal.ts";
import { addSetOptions, type SetFlags, toSetOptions } from "./export.ts";
import { grouped } from "./grouped.ts";
import { addWorkOptions, type WorkFlags } from "./work-options.ts";

export function addCard(group: Command, context: Context): void {
  const command = group
    .command("card")
    .summary("describe the data set: a page for people, Markdown, and JSON")
    .description("Counts what is in the set and writes card/report.html, card/README.md and card/card.json.")
    .option("--name <name>", "of the data set (default: that of the work folder)");
  addSetOptions(addWorkOptions(command))
    .addHelpText("after", examples(context.terminal, [["bayling tune card --work work", "after the last stage"]]))
    .action((flags: WorkFlags & SetFlags & { readonly name?: string }) =>
      context.interrupts.during(async (signal) => {
        const data = await showCard({ ...toSetOptions(flags), name: flags.name }, context.terminal, signal);
        if (flags.json === true) await context.terminal.printJson(data);
      }),
    );
}

export async function showCard(options: CardOptions, terminal: Terminal, signal: AbortSignal): Promise<CardData> {
  const progress = new ProgressLine(terminal, "counting");
  try {
    const data = await writeCard({
      ...options,
      signal,
      onProgress: (dialogues) => progress.draw(undefined, `${grouped(dialogues)} dialogues`),
    });
    progress.end();
    terminal.note(path.join(options.workFolder, "card", "report.html"));
    return data;
  } finally {
    progress.end();
  }
}
