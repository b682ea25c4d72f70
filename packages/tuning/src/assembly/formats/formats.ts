import { BayLingError } from "@bayling/core";
import { alpacaFormat } from "./alpaca.ts";
import { baylingPromptFormat } from "./bayling-prompt.ts";
import { dialogueFormat } from "./dialogue-rows.ts";
import type { ExportFormat } from "./export-format.ts";
import { openAiFormat } from "./openai-messages.ts";
import { parrotFormat } from "./parrot.ts";
import { preferenceFormat } from "./preference.ts";
import { shareGptFormat } from "./sharegpt.ts";

/** Every format by its name. */
export const exportFormats: readonly ExportFormat[] = [
  ...[dialogueFormat, shareGptFormat, alpacaFormat, openAiFormat, baylingPromptFormat, parrotFormat, preferenceFormat],
];

/** @throws BayLingError `argument-invalid` with the names that there are */
export function formatByName(name: string): ExportFormat {
  const format = exportFormats.find((candidate) => candidate.name === name);
  if (format !== undefined) return format;
  throw new BayLingError("argument-invalid", {
    field: "formats",
    problem: "there is no such format",
    expected: exportFormats.map((candidate) => candidate.name).join(", "),
    received: JSON.stringify(name),
  });
}
