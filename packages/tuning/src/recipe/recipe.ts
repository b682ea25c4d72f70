import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { BayLingError, GgufMetadata, loadFolderTokenizer, type Tokenizer } from "@bayling/core";
import { builtInTemplates, type ChatTemplate, detectTemplate } from "@bayling/core/prompt";
import type { Dialogue } from "../dialogues/dialogue.ts";
import { type ModelShape, modelConfig } from "./model-shape.ts";
import { recipeReadme } from "./recipe-readme.ts";
import { type TrainingDataReport, writeTrainingData } from "./training-data.ts";
import { scriptSettings, type TrainingSettings } from "./training-settings.ts";

export interface RecipeOptions {
  /** Dialogues to learn from, and others to tell when it is enough. */
  readonly train: AsyncIterable<Dialogue>;
  readonly valid: AsyncIterable<Dialogue>;
  /** A folder that does not exist yet. */
  readonly out: string;
  /** The checkpoint to begin with, a folder in the layout of Hugging Face; or the shape of a model from scratch. */
  readonly model: string | ModelShape;
  /** A folder with `tokenizer.json` or `tokenizer.model`. Default: that of the checkpoint. */
  readonly tokenizer?: string | undefined;
  /** Default: the one that the checkpoint was taught with; `bayling` from scratch. */
  readonly template?: string | ChatTemplate | undefined;
  /** What the model is told first. Default: what the template says; "" is nothing, and saves small models the tokens. */
  readonly system?: string | undefined;
  readonly settings?: TrainingSettings | undefined;
  readonly onProgress?: ((part: "train" | "valid", dialogues: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Recipe {
  readonly folder: string;
  readonly train: TrainingDataReport;
  readonly valid: TrainingDataReport;
}

/** What a tokenizer may consist of, and what says how it is used. */
const tokenizerFiles = [
  ...["tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"],
  ...["generation_config.json", "chat_template.jinja"],
];

/**
 * Writes a folder that trains: the dialogues as tokens, the settings, one script of PyTorch, and how to run it.
 * @throws BayLingError `sink-exists`, `argument-invalid` without dialogues, `template-invalid`, what reading the
 * tokenizer throws; the signal's reason. Nothing is left behind then
 */
export async function writeRecipe(options: RecipeOptions): Promise<Recipe> {
  const { out, model, settings = {}, signal } = options;
  const base = typeof model === "string" ? path.resolve(model) : undefined;
  const tokenizerFolder = options.tokenizer ?? base;
  if (tokenizerFolder === undefined) {
    throw new BayLingError("argument-invalid", {
      field: "tokenizer",
      problem: "a model from scratch needs a vocabulary",
      expected: "a folder with tokenizer.json or tokenizer.model",
    });
  }
  const contextLength = settings.contextLength ?? 1024;
  const checkpoint = base === undefined ? undefined : await readCheckpointConfig(base, contextLength, signal);
  const taught = earlierTeaching(checkpoint);
  const system = options.system ?? taught.system_prompt;
  const wanted = options.template ?? taught.template ?? (base === undefined ? "bayling" : undefined);
  const { tokenizer, template } = await openTokenizer(tokenizerFolder, wanted, signal);
  const config = checkpoint ?? modelConfig(model as ModelShape, tokenizer.vocabularySize, contextLength);
  const temporary = `${out}.${process.pid}.part`;
  await mkdir(path.join(temporary, "data"), { recursive: true });
  try {
    const write = (part: "train" | "valid") =>
      writeTrainingData(options[part], path.join(temporary, "data"), part, {
        ...{ tokenizer, template, system, contextLength, signal },
        onProgress: (count) => options.onProgress?.(part, count),
      });
    const train = await write("train");
    const valid = await write("valid");
    checkDialogues({ train, valid });
    const teaching = {
      // Others come with the tokenizer.
      template: builtInTemplates.some(({ name }) => name === template.name) ? template.name : undefined,
      system_prompt: system,
      languages: train.languages,
      instruction_languages: train.instructionLanguages,
    };
    const script = {
      model: { ...config, bayling: teaching },
      base,
      template: template.name,
      system,
      training: scriptSettings(settings, base !== undefined),
    };
    await writeFile(path.join(temporary, "config.json"), `${JSON.stringify(script, null, 2)}\n`);
    await copyFile(scriptPath(), path.join(temporary, "train.py"));
    await writeFile(path.join(temporary, "README.md"), recipeReadme({ train, valid, template: template.name, base }));
    await copyTokenizer(tokenizerFolder, path.join(temporary, "tokenizer"));
    await rename(temporary, out);
    return { folder: out, train, valid };
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true });
    const { code } = cause as { code?: unknown };
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw cause;
    throw new BayLingError("sink-exists", {
      source: out,
      problem: "there is a folder of this name",
      remedy: "Give the recipe another name",
      cause,
    });
  }
}

async function openTokenizer(
  folder: string,
  wanted: string | ChatTemplate | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly tokenizer: Tokenizer; readonly template: ChatTemplate }> {
  const { tokenizer, chatTemplate } = await loadFolderTokenizer(folder, { signal });
  const entries = new Map(
    chatTemplate === undefined ? [] : [["tokenizer.chat_template", { type: "string", value: chatTemplate } as const]],
  );
  return { tokenizer, template: await detectTemplate(new GgufMetadata(folder, entries), tokenizer, wanted) };
}

async function readCheckpointConfig(
  folder: string,
  contextLength: number,
  signal: AbortSignal | undefined,
): Promise<Record<string, unknown>> {
  const file = path.join(folder, "config.json");
  try {
    const config: unknown = JSON.parse(await readFile(file, { encoding: "utf8", signal }));
    if (typeof config === "object" && config !== null)
      return withRoom(config as Record<string, unknown>, contextLength);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new BayLingError("source-unreadable", {
      source: file,
      problem: "the settings of the checkpoint cannot be read",
      cause,
    });
  }
  throw new BayLingError("model-config-invalid", { source: file, problem: "this is no JSON object" });
}

/** What an earlier recipe wrote down. */
function earlierTeaching(config: Readonly<Record<string, unknown>> | undefined): {
  readonly template?: string | undefined;
  readonly system_prompt?: string | undefined;
} {
  const { template, system_prompt } = (config?.bayling ?? {}) as Readonly<Record<string, unknown>>;
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return { template: text(template), system_prompt: text(system_prompt) };
}

/** What is trained at further positions knows them. */
function withRoom(config: Record<string, unknown>, contextLength: number): Record<string, unknown> {
  const { max_position_embeddings: known } = config;
  return typeof known === "number" && known < contextLength
    ? { ...config, max_position_embeddings: contextLength }
    : config;
}

function checkDialogues(reports: Readonly<Record<"train" | "valid", TrainingDataReport>>): void {
  for (const [part, { dialogues, leftOut }] of Object.entries(reports)) {
    if (dialogues > 0) continue;
    throw new BayLingError("argument-invalid", {
      field: part,
      problem: "there is no dialogue that fits the context",
      expected: "at least one",
      received: `${leftOut} that do not fit`,
    });
  }
}

async function copyTokenizer(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const name of tokenizerFiles) {
    await copyFile(path.join(from, name), path.join(to, name)).catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== "ENOENT") throw error;
    });
  }
}

/** The script stands beside the package's code, whether that is built or not. */
function scriptPath(): string {
  const manifest = createRequire(import.meta.url).resolve("@bayling/tuning/package.json");
  return path.join(path.dirname(manifest), "python", "train.py");
}
