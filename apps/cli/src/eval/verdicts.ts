import { readVerdictSheet, type VerdictItem } from "@bayling/tuning/evaluation";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { visible } from "../output/text-width.ts";
import { printComparisons, type ReportFlags } from "./print-systems.ts";
import { addReportOptions } from "./score.ts";
import { readText } from "./text-file.ts";

export function addVerdicts(group: Command, context: Context): void {
  const command = group
    .command("verdicts")
    .summary("compare people's judgements with the verifiers'")
    .description(
      "Reads a sheet that bayling eval interactive --sheets wrote and a person filled in (y or n in the column accept), and " +
        "prints how far the verifiers agree with the person.",
    )
    .argument("<sheet>", "the sheet: name.sheet.tsv")
    .argument("<verdicts>", "what was written beside it: name.verdicts.json");
  addReportOptions(command).action((sheet: string, verdicts: string, flags: ReportFlags) =>
    context.interrupts.during(async (signal) => {
      const items = parseItems(await readText(verdicts, signal), visible(verdicts));
      const { byKind, problems, ...all } = readVerdictSheet(await readText(sheet, signal), items);
      const comparison = {
        title: "Verifiers against a person",
        rowName: "act",
        columns: [
          ...["judged", "undecided"].map((name) => ({ name, digits: 0 })),
          ...["accepted %", "precision %", "recall %"].map((name) => ({ name })),
        ],
        rows: [["all", all] as const, ...byKind].map(
          ([system, { judged, undecided, accepted, precision, recall }]) => ({
            system,
            cells: [judged, undecided, accepted, precision, recall].map((value) => ({ value })),
          }),
        ),
        notes: [
          "precision: of the replies that pass the verifier, those that the person accepts; recall: the other way round",
          "undecided: replies that the person judged and the verifier did not",
          ...problems,
        ],
      };
      await printComparisons("Verdicts", [comparison], flags, context.terminal);
    }),
  );
}

function parseItems(text: string, file: string): VerdictItem[] {
  try {
    const items: unknown = JSON.parse(text);
    if (Array.isArray(items) && items.every((item) => typeof Object(item).id === "string")) return items;
  } catch {
    // Said below.
  }
  throw new UsageError(`${file}: expected what bayling eval interactive --sheets wrote beside the sheet`);
}
