import { checkOptions, invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import { splitPrefix } from "../generation/constraints/keep-prefix.ts";
import type { Generation } from "../generation/generation.ts";
import type { GenerateOptions } from "../generation/generation-options.ts";
import { OwnSequence } from "../generation/own-sequence.ts";
import type { DialogueEncoder, DialogueMessage, DialoguePrompt } from "../prompt/dialogue-encoder.ts";
import type { Act } from "./act.ts";
import { checkState } from "./contradictions.ts";
import { decodingFor } from "./translation-decoding.ts";
import type { TranslationModel } from "./translation-model.ts";
import type { TranslationState } from "./translation-state.ts";
import { Turn } from "./turn.ts";
import { planTurn, type TurnPlan, type TurnSettings } from "./turn-plan.ts";
import { verifyState } from "./verify-state.ts";
import type { Version, VersionReply } from "./version.ts";
import { VersionTree } from "./version-tree.ts";

/** What turns of a session have in common. */
export interface SessionSettings extends TurnSettings {
  readonly mode: TranslationMode;
  /** Over what profile and mode say. */
  readonly decoding: DecodingOptions;
  readonly encoder: DialogueEncoder;
  readonly stop: Pick<GenerateOptions, "stop" | "stopTokens">;
  readonly spaceBeforeReply: boolean;
}

/** `faithful`: the best translation by the profile's beam search. `draft`: drawn, fast, and different with every seed. */
export type TranslationMode = "faithful" | "draft";

/** Options of generation that a caller may set. */
export type DecodingOptions = Pick<
  GenerateOptions,
  | "maxTokens"
  | "temperature"
  | "topK"
  | "topP"
  | "minP"
  | "repetitionPenalty"
  | "beams"
  | "lengthPenalty"
  | "earlyStopping"
  | "seed"
>;

export interface ApplyOptions {
  readonly signal?: AbortSignal | undefined;
  /** For this turn only. */
  readonly mode?: TranslationMode | undefined;
  readonly decoding?: DecodingOptions | undefined;
  /** Chooses the words of the instruction. */
  readonly seed?: number | undefined;
}

/**
 * One text, its translation, and the dialogue in which a person steers it. Every turn makes a version; versions can be
 * undone, redone and branched from. What was asked once holds in all later turns, and is checked in each. Dispose it when
 * done.
 */
export class TranslationSession {
  readonly #model: TranslationModel;
  readonly #settings: SessionSettings;
  readonly #initial: TranslationState;
  readonly #tree = new VersionTree();
  readonly #sequence: OwnSequence;
  #busy = false;
  #disposed = false;

  /** @internal Made by a `Translator`. */
  constructor(model: TranslationModel, settings: SessionSettings, state: TranslationState) {
    this.#model = model;
    this.#settings = settings;
    this.#initial = state;
    this.#sequence = new OwnSequence(model);
  }

  get source(): string {
    return this.#initial.source;
  }

  /** The translation as it is now; empty before the first. */
  get text(): string {
    return this.state.translation ?? "";
  }

  /** What is asked of the next translation. */
  get state(): TranslationState {
    return this.#tree.current?.state ?? this.#initial;
  }

  /** Undefined before the first, and when it has been undone. */
  get current(): Version | undefined {
    return this.#tree.current;
  }

  /** All that were made, on all branches, in the order in which they were made. */
  get versions(): readonly Version[] {
    return this.#tree.all;
  }

  get canUndo(): boolean {
    return this.#tree.canUndo;
  }

  get canRedo(): boolean {
    return this.#tree.canRedo;
  }

  /**
   * Asks for something. Read the turn as it is written, or await its `version()`; the session changes when it is done,
   * and stays as it is when it fails or is aborted.
   * @throws BayLingError `request-contradictory`, `argument-invalid`, `context-full`, `capability-missing` for words about
   * a translation from a model that was taught translation only; `sequence-busy` while another turn runs
   */
  apply(act: Act, options: ApplyOptions = {}): Turn {
    this.#check();
    checkOptions(options);
    checkAct(act);
    const { profile } = this.#settings;
    const before = this.state;
    const plan = planTurn(act, before, {
      ...this.#settings,
      seed: options.seed ?? this.#settings.seed + this.versions.length,
    });
    if (act.replies === "text" && profile.follows !== "acts") {
      throw new BayLingError("capability-missing", {
        field: act.kind,
        problem: `${profile.name} was taught to translate only, and has no words about translations`,
        remedy: "Use a model that follows instructions",
      });
    }
    if (act.replies === "text" && before.translation === undefined) {
      throw new BayLingError("argument-invalid", {
        field: act.kind,
        problem: "there is no translation yet to talk about",
        remedy: "Apply translate() first",
      });
    }
    checkState(plan.asked);
    const dialogue = [...(plan.inDialogue ? this.#dialogue() : []), said("user", plan.instruction)];
    const decoding = decodingFor(act, plan, this.#settings, options, this.#model);
    const prompt = this.#encode(dialogue, decoding.maxTokens);
    const run = async () => {
      if (this.#busy || this.state !== before) throw this.#movedOn();
      this.#check();
      this.#busy = true;
      return this.#generate(prompt, plan, { ...decoding, signal: options.signal });
    };
    return new Turn({
      run,
      settle: () => {
        this.#busy = false;
      },
      finish: (generation, tokens, fed) =>
        this.#finish(act, plan, before, { generation, tokens: [...fed, ...tokens], prompt }),
    });
  }

  /** Puts a person's translation in place of the model's; later turns go on from it. */
  edit(translation: string): Version {
    this.#check();
    if (typeof translation !== "string") throw invalidArgument("translation", "a string", translation);
    if (this.#busy) throw this.#movedOn();
    const state = { ...this.state, translation };
    return this.#tree.add({ translation, state, reply: undefined, checks: verifyState(translation, state) });
  }

  /** Back to the version before; undefined is the beginning. @throws BayLingError `argument-invalid` when there is none */
  undo(): Version | undefined {
    return this.#move(() => this.#tree.undo());
  }

  /** Forth again, along the branch that was left last. @throws BayLingError `argument-invalid` when there is none */
  redo(): Version {
    return this.#move(() => this.#tree.redo());
  }

  /** To any version; what is asked for next begins a branch there. @throws BayLingError `argument-invalid` */
  goTo(id: number): Version {
    return this.#move(() => this.#tree.goTo(id));
  }

  /** Frees its sequence. May be called twice. */
  dispose(): void {
    this.#disposed = true;
    this.#sequence.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #move<Result>(move: () => Result): Result {
    this.#check();
    if (this.#busy) throw this.#movedOn();
    return move();
  }

  async #generate(prompt: DialoguePrompt, plan: TurnPlan, options: GenerateOptions) {
    const { spaceBeforeReply: leadingSpace, stop } = this.#settings;
    const { prefix } = plan.asked;
    const kept = prefix === undefined ? undefined : splitPrefix(this.#model.tokenizer, prefix, { leadingSpace });
    const fed = kept?.tokens ?? [];
    const generation = this.#model.generate([...prompt.tokens, ...fed], {
      ...options,
      ...stop,
      leadingSpace,
      constraints: plan.constraints,
      begun: kept?.begun,
      sequence: await this.#sequence.take(),
    });
    return { generation, fed };
  }

  #finish(
    act: Act,
    plan: TurnPlan,
    before: TranslationState,
    written: { generation: Generation; tokens: readonly number[]; prompt: DialoguePrompt },
  ): Version {
    const { generation, tokens, prompt } = written;
    const text = this.#clean(tokens, plan);
    const translation = act.replies === "translation" ? text : before.translation;
    const state = { ...plan.state, translation };
    const reply: VersionReply = {
      ...{ act, instruction: plan.instruction, text },
      verdict: act.verify(text, { before, after: plan.asked }),
      guaranteed: plan.constraints.map(({ name }) => name),
      ...{ notes: plan.notes, finishReason: generation.finishReason, usage: generation.usage },
      ...{ hypotheses: generation.hypotheses, written: { prompt, tokens } },
    };
    const checks = translation === undefined ? [] : verifyState(translation, plan.asked);
    return this.#tree.add({ translation, state, reply, checks });
  }

  /** The text of a reply without what surrounds it; a prefix that was typed stays as it is. */
  #clean(tokens: readonly number[], plan: TurnPlan): string {
    const decoder = this.#model.tokenizer.createDecoder();
    let text = tokens.map((token) => decoder.push(token)).join("") + decoder.flush();
    if (this.#settings.spaceBeforeReply && text.startsWith(" ")) text = text.slice(1);
    if (plan.asked.prefix !== undefined) return text;
    return this.#settings.profile.clean(text);
  }

  /** What was said on the way to the current version. A translation that a person edited stands where it was. */
  #dialogue(): DialogueMessage[] {
    const dialogue: DialogueMessage[] = [];
    for (const { reply, translation } of this.#tree.path) {
      if (reply === undefined) {
        const last = dialogue.findLastIndex(({ message }) => message.role === "assistant");
        if (last >= 0) dialogue.splice(last, 1, said("assistant", translation ?? ""));
        continue;
      }
      // A stop string cuts the text of the last token.
      const whole = reply.finishReason === "end" || reply.finishReason === "length";
      const answer = said("assistant", reply.text);
      dialogue.push(said("user", reply.instruction), whole ? { ...answer, written: reply.written } : answer);
    }
    return dialogue;
  }

  #encode(dialogue: readonly DialogueMessage[], maxTokens: number): DialoguePrompt {
    const { encoder, profile } = this.#settings;
    return encoder.encode(dialogue, {
      system: profile.systemPrompt,
      maxTokens: this.#model.contextLength - maxTokens,
      forgotten: 0,
    });
  }

  #check(): void {
    if (this.#disposed) throw new BayLingError("disposed", { problem: "the translation session is disposed" });
  }

  #movedOn(): BayLingError {
    return new BayLingError("sequence-busy", {
      problem: this.#busy ? "another turn of the session is running" : "the session went on before the turn was read",
      remedy: "Read each turn to its end before the next one",
    });
  }
}

function said(role: "user" | "assistant", content: string): DialogueMessage {
  return { message: { role, content } };
}

function checkAct(act: unknown): void {
  const { kind, apply, say, verify } = (typeof act === "object" && act !== null ? act : {}) as Partial<Act>;
  if (typeof kind === "string" && [apply, say, verify].every((method) => typeof method === "function")) return;
  throw invalidArgument("act", "an act, such as shorten() makes", act);
}
