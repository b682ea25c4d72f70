import { invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { GgufMetadata } from "../formats/gguf-metadata.ts";
import { readTeaching } from "../formats/teaching.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { builtInTemplates, templateByName } from "./built-in-templates.ts";
import type { ChatTemplate } from "./chat-template.ts";
import { createJinjaTemplate } from "./jinja-template.ts";
import { modelNames } from "./model-names.ts";
import { plainTemplate } from "./templates/plain.ts";

/** A template, and why it is the one. */
export interface DetectedTemplate extends ChatTemplate {
  /** One clause for a person: `the file brings it`. */
  readonly reason: string;
}

/**
 * The template that a model was taught with: the one that is asked for, by name or as an object; else the one that a
 * recipe of `@bayling/tuning` wrote down; else the one that the file brings; else the one that goes with the model's name; else ChatML where the vocabulary has its tokens; else
 * `plain`. BayLing's name counts more than what its file brings: that came along with the model it was made from.
 * @param wanted the name of a built-in template, or one of one's own
 * @throws BayLingError `argument-invalid` for a name that there is not, `template-invalid` for a template that cannot be
 * read or that writes control tokens which the vocabulary does not have
 */
export async function detectTemplate(
  metadata: GgufMetadata,
  tokenizer: Tokenizer,
  wanted?: string | ChatTemplate,
): Promise<DetectedTemplate> {
  if (wanted !== undefined) {
    const template = typeof wanted === "string" ? templateByName(wanted) : wanted;
    if (typeof template?.render !== "function") {
      throw invalidArgument("template", "the name of a template, or an object with render()", wanted);
    }
    checkVocabulary(template, tokenizer);
    return because("it was asked for", template);
  }
  const taught = readTeaching(metadata);
  const detected = await detectByFile(metadata, tokenizer, taught?.template);
  return taught?.systemPrompt === undefined ? detected : toldFirst(detected, taught.systemPrompt);
}

async function detectByFile(
  metadata: GgufMetadata,
  tokenizer: Tokenizer,
  taught: string | undefined,
): Promise<DetectedTemplate> {
  if (taught !== undefined) {
    const template = builtInTemplates.find(({ name }) => name === taught);
    if (template === undefined) throw unknownTemplate(taught, metadata.source);
    checkVocabulary(template, tokenizer);
    return because("it was taught with it", template);
  }
  const names = modelNames(metadata);
  const bayling = names.find((name) => name.includes("bayling"));
  if (bayling !== undefined) return named(has(tokenizer, "<|start_header_id|>") ? "bayling-3" : "bayling", bayling);
  const source = metadata.string("tokenizer.chat_template");
  if (source !== undefined && source.trim() !== "") {
    const template = await createJinjaTemplate(source, {
      bosToken: spelling(tokenizer, tokenizer.bosToken),
      eosToken: spelling(tokenizer, tokenizer.eosToken),
      isControl: (text) => has(tokenizer, text),
    });
    return because("the file brings it", template);
  }
  for (const name of names) {
    const found = templateOfName(name, tokenizer);
    if (found !== undefined) return named(found, name);
  }
  if (has(tokenizer, "<|im_start|>") && has(tokenizer, "<|im_end|>")) {
    return because("the vocabulary has the tokens of ChatML", templateByName("chatml"));
  }
  return because("the file brings none, and neither its name nor its vocabulary tells of any", plainTemplate);
}

/** What follows from the name of a model whose vocabulary has what the template needs. */
function templateOfName(name: string, tokenizer: Tokenizer): string | undefined {
  const template = nameOfTemplate(name, tokenizer);
  if (template === undefined) return undefined;
  return missingTokens(templateByName(template), tokenizer).length === 0 ? template : undefined;
}

function nameOfTemplate(name: string, tokenizer: Tokenizer): string | undefined {
  if (/vicuna/.test(name)) return "vicuna";
  if (/alpaca/.test(name)) return "alpaca";
  if (/llama-?2.*chat/.test(name)) return "llama-2";
  if (/llama-?3.*(instruct|chat)/.test(name)) return "llama-3";
  if (/(mistral|mixtral|ministral|nemo).*instruct/.test(name)) {
    if (!has(tokenizer, "[INST]")) return "mistral";
    return tokenizer.kind === "byte-level-bpe" ? "mistral-v3-tekken" : "mistral-v3";
  }
  return undefined;
}

function named(template: string, model: string): DetectedTemplate {
  return because(`the model is called ${model}`, templateByName(template));
}

/** Field by field: a template of one's own may be an instance of a class. */
function because(reason: string, template: ChatTemplate): DetectedTemplate {
  const { name, defaultSystemPrompt, foldsSystemPrompt, stop, stopTokens, controlTokens, spaceBeforeReply } = template;
  return {
    ...{ name, defaultSystemPrompt, foldsSystemPrompt, stop, stopTokens, controlTokens, spaceBeforeReply },
    reason,
    render: (messages, options) => template.render(messages, options),
  };
}

/** The template with what a model was told first, for dialogues that say nothing else. */
function toldFirst(template: DetectedTemplate, systemPrompt: string): DetectedTemplate {
  return {
    ...template,
    defaultSystemPrompt: systemPrompt,
    render(messages, options) {
      const isTold = !Array.isArray(messages) || messages[0]?.role === "system";
      return template.render(isTold ? messages : [{ role: "system", content: systemPrompt }, ...messages], options);
    },
  };
}

function unknownTemplate(name: string, source: string): BayLingError {
  return new BayLingError("template-invalid", {
    source,
    problem: "the model was taught with a template that is not known here",
    expected: builtInTemplates.map((template) => template.name).join(", "),
    received: name,
    remedy: "Take a newer release, or name a template yourself",
  });
}

function checkVocabulary(template: ChatTemplate, tokenizer: Tokenizer): void {
  const missing = missingTokens(template, tokenizer);
  if (missing.length === 0) return;
  throw new BayLingError("template-invalid", {
    field: "template",
    problem: `the template ${template.name} is for another vocabulary`,
    expected: `control tokens ${template.controlTokens?.join(" ")}`,
    received: `a vocabulary without ${missing.join(" ")}`,
    remedy: "Choose another template, or leave it out to have it detected",
  });
}

function missingTokens({ controlTokens = [] }: ChatTemplate, tokenizer: Tokenizer): readonly string[] {
  return controlTokens.filter((token) => !has(tokenizer, token));
}

function has(tokenizer: Tokenizer, spelling: string): boolean {
  const token = tokenizer.tokenId(spelling);
  return token !== undefined && tokenizer.isControl(token);
}

function spelling(tokenizer: Tokenizer, token: number | undefined): string {
  return token === undefined ? "" : tokenizer.tokenText(token);
}
