import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamResult,
  SharedV3Warning,
} from "@ai-sdk/provider";
import { checkOptions, invalidArgument } from "../check-argument.ts";
import { type GenerateOptions, resolveOptions } from "../generation/generation-options.ts";
import type { Model } from "../model.ts";
import type { ChatTemplate } from "../prompt/chat-template.ts";
import { DialogueEncoder } from "../prompt/dialogue-encoder.ts";
import { templateStops } from "../prompt/template-stops.ts";
import { toAiSdkError } from "./ai-sdk-error.ts";
import { type CallDefaults, readCallSettings } from "./call-settings.ts";
import { readPrompt } from "./read-prompt.ts";
import { collectReply, type Reply, streamReply } from "./reply.ts";
import { writtenRepliesOf } from "./written-replies.ts";

/** A loaded model, or what loads one when it is first asked something. Whoever loads it disposes it. */
export type ModelInput = Model | (() => Model | PromiseLike<Model>);

export interface LanguageModelOptions {
  /** What the AI SDK calls it, in results and logs. Default: the model's name, or `bayling` while it is not loaded. */
  readonly id?: string | undefined;
  /** The name of a built-in template, or one of your own. Default: the one that the model was taught with. */
  readonly template?: string | ChatTemplate | undefined;
  /** For every call that says nothing else. Constraints and stop strings are added to those of the call. */
  readonly defaults?: CallDefaults | undefined;
}

/**
 * A model as the AI SDK's functions take it: `generateText({ model: createLanguageModel(model), prompt })`. More calls at
 * once than the model has sequences wait for each other; calls that go on with a dialogue reuse what was evaluated of it.
 * @throws BayLingError `argument-invalid`
 */
export function createLanguageModel(model: ModelInput, options: LanguageModelOptions = {}): LanguageModelV3 {
  checkOptions(options);
  checkOptions(options.defaults ?? {});
  if (typeof model !== "function") checkModel(model);
  return new BayLingLanguageModel(model, options);
}

function checkModel(model: unknown): void {
  if (typeof (model as Partial<Model> | null | undefined)?.generate === "function") return;
  throw invalidArgument("model", "a model, as loadModel() gives it, or a function that loads one", model);
}

/** A model with what is asked of it only once. */
interface OpenModel {
  readonly model: Model;
  readonly template: ChatTemplate;
  readonly encoder: DialogueEncoder;
}

class BayLingLanguageModel implements LanguageModelV3 {
  readonly specificationVersion = "v3";
  readonly provider = "bayling";
  readonly supportedUrls: Record<string, RegExp[]> = {};
  readonly #input: ModelInput;
  readonly #options: LanguageModelOptions;
  #opened: Promise<OpenModel> | undefined;

  constructor(input: ModelInput, options: LanguageModelOptions) {
    this.#input = input;
    this.#options = options;
  }

  get modelId(): string {
    return this.#options.id ?? (typeof this.#input === "function" ? "bayling" : this.#input.name);
  }

  async doGenerate(call: LanguageModelV3CallOptions): Promise<LanguageModelV3GenerateResult> {
    return collectReply(await this.#begin(call), call);
  }

  async doStream(call: LanguageModelV3CallOptions): Promise<LanguageModelV3StreamResult> {
    const reply = await this.#begin(call);
    return { stream: streamReply(reply, call), request: { body: reply.request } };
  }

  async #begin(call: LanguageModelV3CallOptions): Promise<Reply> {
    const { abortSignal } = call;
    abortSignal?.throwIfAborted();
    try {
      const { system, messages, leftOut } = readPrompt(call.prompt);
      const { options, warnings } = await readCallSettings(call, this.#options.defaults ?? {});
      const { model, template, encoder } = await this.#open();
      abortSignal?.throwIfAborted();
      const own = templateStops(template, model.tokenizer);
      const generate: GenerateOptions = {
        ...options,
        stop: [own.stop, options.stop ?? []].flat(2),
        stopTokens: [own.stopTokens, options.stopTokens ?? []].flat(),
        leadingSpace: template.spaceBeforeReply ?? false,
      };
      // Says what is wrong with the options now, and not when the reply is read.
      const { maxTokens } = resolveOptions(generate, model.tokenizer.endTokens, model.config.vocabularySize);
      const replies = writtenRepliesOf(model);
      const prompt = encoder.encode(replies.recall(system, messages), {
        ...{ system, forgotten: 0 },
        maxTokens: model.contextLength - roomForReply(maxTokens, model.contextLength),
      });
      return {
        ...{ model, prompt, modelId: this.modelId, options: generate, request: { prompt: prompt.text } },
        spaceBeforeReply: template.spaceBeforeReply ?? false,
        warnings: [...warnings, ...leftOutWarnings(leftOut, prompt.forgotten)],
        onWritten: (content, tokens) => {
          replies.remember(system, [...messages, { role: "assistant", content }], { prompt, tokens });
        },
      };
    } catch (error) {
      throw toAiSdkError(error, call.prompt);
    }
  }

  #open(): Promise<OpenModel> {
    this.#opened ??= this.#openNow().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #openNow(): Promise<OpenModel> {
    const model = typeof this.#input === "function" ? await this.#input() : this.#input;
    checkModel(model);
    // Templates are left to be loaded by those who ask something.
    const { detectTemplate } = await import("../prompt/detect-template.ts");
    const template = await detectTemplate(model.metadata, model.tokenizer, this.#options.template);
    return { model, template, encoder: new DialogueEncoder(template, model.tokenizer) };
  }
}

/** Where nothing is asked for, a quarter of the context: the rest of a dialogue is worth more than a longer reply. */
function roomForReply(maxTokens: number, contextLength: number): number {
  return Math.min(maxTokens === Infinity ? contextLength >> 2 : maxTokens, contextLength >> 1);
}

function leftOutWarnings(leftOut: readonly string[], forgotten: number): SharedV3Warning[] {
  const warnings: SharedV3Warning[] = leftOut.map((part) => ({
    type: "unsupported",
    feature: `${part} parts`,
    details: "they are not part of what the model sees",
  }));
  if (forgotten === 0) return warnings;
  const message = `the ${forgotten} oldest messages do not fit the context and were left out`;
  return [...warnings, { type: "other", message }];
}
