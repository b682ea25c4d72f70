import type { GgufMetadata } from "../formats/gguf-metadata.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { type ChatTemplate, plainTemplate } from "./chat-template.ts";
import { createJinjaTemplate } from "./jinja-template.ts";

/** The chat template that a model file brings; {@link plainTemplate} when it brings none. */
export async function detectTemplate(metadata: GgufMetadata, tokenizer: Tokenizer): Promise<ChatTemplate> {
  const source = metadata.string("tokenizer.chat_template");
  if (source === undefined || source.trim() === "") return plainTemplate;
  const spelling = (token: number | undefined) => (token === undefined ? "" : tokenizer.tokenText(token));
  return createJinjaTemplate(source, {
    bosToken: spelling(tokenizer.bosToken),
    eosToken: spelling(tokenizer.eosToken),
  });
}
