import { invalidArgument } from "../check-argument.ts";
import type { ChatTemplate } from "./chat-template.ts";
import { alpacaTemplate } from "./templates/alpaca.ts";
import { baylingTemplate } from "./templates/bayling.ts";
import { chatMlTemplate } from "./templates/chatml.ts";
import { lineTemplate } from "./templates/line.ts";
import { llama2Template } from "./templates/llama-2.ts";
import { bayling3Template, llama3Template } from "./templates/llama-3.ts";
import { mistralTemplate, mistralV3TekkenTemplate, mistralV3Template } from "./templates/mistral.ts";
import { plainTemplate } from "./templates/plain.ts";
import { seedXTemplate } from "./templates/seed-x.ts";
import { vicunaTemplate } from "./templates/vicuna.ts";

/** The templates that need no file, each under its name. */
export const builtInTemplates: readonly ChatTemplate[] = [
  ...[baylingTemplate, bayling3Template, vicunaTemplate, alpacaTemplate, llama2Template, llama3Template],
  ...[chatMlTemplate, mistralTemplate, mistralV3Template, mistralV3TekkenTemplate, plainTemplate],
  ...[lineTemplate, seedXTemplate],
];

/** @throws BayLingError `argument-invalid` with the names that there are */
export function templateByName(name: string): ChatTemplate {
  const template = builtInTemplates.find((template) => template.name === name);
  if (template !== undefined) return template;
  throw invalidArgument("template", `one of ${builtInTemplates.map(({ name }) => name).join(", ")}`, name);
}
