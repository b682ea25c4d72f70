import { BayLingError, type ChatTemplate, type Model } from "@bayling/core";
import { detectTemplate } from "@bayling/core/prompt";
import { Problem } from "./problem.ts";

/** A model and the name that requests know it by. */
export interface ServedModel {
  readonly id: string;
  readonly model: Model;
  /** How dialogues are written for it. */
  readonly template: ChatTemplate;
  /** The template that was asked for, where it was: translations go by it, too. */
  readonly ownTemplate: string | ChatTemplate | undefined;
  /** When it began to be served, in seconds since 1970. */
  readonly created: number;
}

export interface ModelInput {
  readonly model: Model;
  /** What requests call it. Default: the name of its file, without folders and extension. */
  readonly id?: string | undefined;
  /** The name of a built-in template, or one of your own. Default: the one that the model was taught with. */
  readonly template?: string | ChatTemplate | undefined;
}

/** The models of a server by their ids. A name in a request is looked up here and goes nowhere else. */
export class ServedModels {
  readonly #models: ReadonlyMap<string, ServedModel>;

  private constructor(models: ReadonlyMap<string, ServedModel>) {
    this.#models = models;
  }

  /** @throws BayLingError `argument-invalid`, `template-invalid` */
  static async from(inputs: readonly ModelInput[]): Promise<ServedModels> {
    const models = new Map<string, ServedModel>();
    const created = Math.floor(Date.now() / 1000);
    for (const { model, id = idOf(model.name), template } of inputs) {
      if (!/^[\w.:@+-][\w.:@+/ -]{0,199}$/.test(id) || models.has(id)) {
        throw new BayLingError("argument-invalid", {
          field: "models",
          problem: models.has(id) ? "two models have the same id" : "the id of a model cannot be used in requests",
          expected: "different ids of letters, digits and ._:@+/- without a / at the beginning",
          received: JSON.stringify(id),
          remedy: "Give it an id of its own",
        });
      }
      const detected = await detectTemplate(model.metadata, model.tokenizer, template);
      models.set(id, { id, model, template: detected, ownTemplate: template, created });
    }
    if (models.size > 0) return new ServedModels(models);
    throw new BayLingError("argument-invalid", { field: "models", problem: "there is no model to serve" });
  }

  /** The first: it answers where a request names none. */
  get default(): ServedModel {
    return this.#models.values().next().value!;
  }

  get all(): readonly ServedModel[] {
    return [...this.#models.values()];
  }

  /** @param id of a request; without one, the default @throws Problem 404 */
  get(id: string | undefined): ServedModel {
    const found = id === undefined ? this.default : this.#models.get(id);
    if (found !== undefined) return found;
    throw new Problem({
      status: 404,
      code: "model-not-found",
      message: `There is no model of this name. There is: ${[...this.#models.keys()].join(", ")}.`,
      param: "model",
    });
  }
}

function idOf(name: string): string {
  const last = name
    .replace(/[?#].*$/, "")
    .replace(/[\\/]+$/, "")
    .split(/[\\/]/)
    .at(-1)!;
  return last.replace(/\.(gguf|safetensors)$/i, "").replace(/[^\w.:@+-]/g, "-") || "model";
}
