import type { ChatMessage } from "@bayling/core";

/** A conversation as a file: JSON where the name ends so, Markdown otherwise. */
export function transcript(messages: readonly ChatMessage[], path: string): string {
  if (/\.json$/i.test(path)) return `${JSON.stringify(messages, null, 2)}\n`;
  return messages.map(({ role, content }) => `**${role}**\n\n${content.trim()}\n`).join("\n");
}
