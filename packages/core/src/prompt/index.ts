/** Prompt templates: dialogues as models were taught to read them. `model.chat()` and translators choose one by themselves. */
export { builtInTemplates, templateByName } from "./built-in-templates.ts";
export type { ChatMessage, ChatTemplate, RenderOptions } from "./chat-template.ts";
export { type DetectedTemplate, detectTemplate } from "./detect-template.ts";
export { type FitDialogueOptions, type FittedDialogue, fitDialogue } from "./fit-dialogue.ts";
export { createJinjaTemplate, type TemplateTokens } from "./jinja-template.ts";
export { templateStops } from "./template-stops.ts";
export { plainTemplate } from "./templates/plain.ts";
