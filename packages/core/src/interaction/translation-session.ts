import { checkOptions, invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import { forbid } from "../generation/constraints/forbid.ts";
import { splitPrefix } from "../generation/constraints/keep-prefix.ts";
import type { GenerateOptions } from "../generation/generation-options.ts";
import { OwnSequence } from "../generation/own-sequence.ts";
import type { DialogueSequence } from "../generation/shared-sequence.ts";
import type { DialogueMessage, DialoguePrompt } from "../prompt/dialogue-encoder.ts";
import type { Act } from "./act.ts";
import { checkApply } from "./apply-options.ts";
import { checkState } from "./contradictions.ts";
import type { AlternativesOptions, ApplyOptions, SessionSettings } from "./session-settings.ts";
import { Suggester, type Suggestion, type SuggestionRequest, type SuggestOptions } from "./suggester.ts";
import { decodingFor } from "./translation-decoding.ts";
import type { TranslationModel } from "./translation-model.ts";
import type { TranslationState } from "./translation-state.ts";
import { Turn } from "./turn.ts";
import { planTurn, requestFor, type TurnPlan } from "./turn-plan.ts";
import { checkExcludes } from "./verifiers/terms.ts";
import { verifyState } from "./verify-state.ts";
import type { Version } from "./version.ts";
import { dialogueOf, draftOf, said } from "./version-dialogue.ts";
import { VersionTree } from "./version-tree.ts";
import { checkAlternativesCount, type WordAlternative, wordAlternatives } from "./word-alternatives.ts";
import { scoreTranslation, type WordScore } from "./word-scores.ts";
import { writtenReply } from "./written-reply.ts";

/** Room that a suggestion needs at most. */
const suggestionTokens = 64;

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
  readonly #sequence: DialogueSequence;
  #suggester: Suggester | undefined;
  #busy = false;
  #disposed = false;

  /** @internal Made by a `Translator`. */
  constructor(
    model: TranslationModel,
    settings: SessionSettings,
    state: TranslationState,
    sequence: DialogueSequence = new OwnSequence(model),
  ) {
    this.#model = model;
    this.#settings = settings;
    this.#initial = state;
    this.#sequence = sequence;
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
    return this.#turn(act, this.current, options);
  }

  /**
   * Asks for the current translation again: with another seed, or, with `prefix`, as it goes on from other words. Makes a
   * sibling of the current version.
   * @throws BayLingError as {@link apply}; `argument-invalid` where a person wrote the translation, or nobody
   */
  regenerate(options: ApplyOptions = {}): Turn {
    const { current } = this;
    if (current?.reply === undefined) {
      throw new BayLingError("argument-invalid", {
        problem: "the model has written nothing here that it could write again",
        remedy: "Apply translate() first, or go to a version of the model's",
      });
    }
    return this.#turn(current.reply.act, this.#tree.parentOf(current), options);
  }

  #turn(act: Act, base: Version | undefined, options: ApplyOptions): Turn {
    this.#check();
    checkApply(act, options);
    const before = base?.state ?? this.#initial;
    const seed = options.seed ?? this.#settings.seed + this.versions.length;
    const plan = planTurn(act, before, { ...this.#settings, seed, prefix: options.prefix });
    this.#checkText(act, before);
    checkState(plan.asked);
    const request = requestFor(this.#initial, this.#settings);
    const dialogue = plan.inDialogue ? dialogueOf(this.#tree.pathTo(base), request) : [];
    const decoding = decodingFor(act, plan, this.#settings, options, this.#model);
    const instruction = said("user", plan.instruction);
    const whole = this.#encode([...dialogue, instruction], decoding.maxTokens);
    // Without the source there is nothing to go by: what makes room are the turns in between.
    const isCut = whole.forgotten > 0;
    const core = [said("user", request), said("assistant", before.translation ?? "")];
    const prompt = isCut ? this.#encode([...core, instruction], decoding.maxTokens) : whole;
    const notes = isCut
      ? [...plan.notes, "earlier requests no longer fit the context; text and translation do"]
      : plan.notes;
    const current = this.current;
    return new Turn({
      run: async () => {
        this.#check();
        if (this.#busy || this.current !== current) throw this.#movedOn();
        this.#busy = true;
        try {
          const draft = plan.inDialogue && act.replies === "translation" ? draftOf(this.#tree.pathTo(base)) : [];
          return await this.#generate(prompt, act, plan, { ...decoding, draft, signal: options.signal });
        } catch (error) {
          this.#settle();
          throw error;
        }
      },
      settle: () => this.#settle(),
      finish: (generation, written, fed) => {
        const turn = { act, plan, before };
        const all = { generation, tokens: written, fed, prompt, notes };
        const reply = writtenReply(all, turn, this.#settings, this.#model.tokenizer);
        const translation = act.replies === "translation" ? reply.text : before.translation;
        const checks = translation === undefined ? [] : verifyState(translation, plan.asked);
        return this.#tree.add({ parent: base?.id, translation, state: { ...plan.state, translation }, reply, checks });
      },
    });
  }

  /** Puts a person's translation in place of the model's; later turns go on from it. */
  edit(translation: string): Version {
    this.#check();
    if (typeof translation !== "string") throw invalidArgument("translation", "a string", translation);
    if (this.#busy) throw this.#movedOn();
    const state = { ...this.state, translation };
    const checks = verifyState(translation, state);
    return this.#tree.add({ parent: this.current?.id, translation, state, reply: undefined, checks });
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

  /**
   * The words of the current translation, with how sure the model is of each.
   * @throws BayLingError `argument-invalid` when there is no translation; the signal's reason
   */
  async words({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly WordScore[]> {
    return this.#exclusive(async () => (await this.#score(0, signal)).words);
  }

  /**
   * Other words for word `index` of {@link words}, the most probable first. To take one, `regenerate` with its `prefix`.
   * @throws BayLingError `argument-invalid`; the signal's reason
   */
  async alternatives(index: number, { count = 5, signal }: AlternativesOptions = {}): Promise<WordAlternative[]> {
    return this.#exclusive(async () => {
      checkAlternativesCount(count);
      const { words, tokens, offset, prompt } = await this.#score(4 * count, signal);
      const word = words[index];
      if (word === undefined) throw invalidArgument("index", `an integer from 0 to ${words.length - 1}`, index);
      const { text, state } = this;
      return wordAlternatives(this.#model, {
        ...{ prompt, tokens, word, text, offset, language: state.to, count, signal },
      });
    });
  }

  /**
   * How a translation may go on that a person is typing, with all that is asked of it kept. A later call takes the place of
   * this one. Reuses what was evaluated for the letters before.
   * @throws BayLingError as {@link apply}
   */
  async suggest(typed: string, options: SuggestOptions = {}): Promise<Suggestion> {
    this.#check();
    checkOptions(options);
    if (typeof typed !== "string") throw invalidArgument("typed", "a text", typed);
    this.#suggester ??= new Suggester(this.#model);
    return this.#suggester.suggest(() => this.#suggestion(typed), options);
  }

  /** Frees its sequences. May be called twice. */
  dispose(): void {
    this.#disposed = true;
    this.#sequence.dispose();
    this.#suggester?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #move<Result>(move: () => Result): Result {
    this.#check();
    if (this.#busy) throw this.#movedOn();
    return move();
  }

  async #exclusive<Result>(action: () => Promise<Result>): Promise<Result> {
    this.#check();
    if (this.#busy) throw this.#movedOn();
    this.#busy = true;
    try {
      return await action();
    } finally {
      this.#settle();
    }
  }

  #settle(): void {
    this.#busy = false;
    this.#sequence.giveBack?.();
  }

  #checkText({ kind, replies }: Act, { translation }: TranslationState): void {
    if (replies !== "text") return;
    const { profile } = this.#settings;
    if (profile.follows !== "acts") {
      throw new BayLingError("capability-missing", {
        field: kind,
        problem: `${profile.name} was taught to translate only, and has no words about translations`,
        remedy: "Use a model that follows instructions",
      });
    }
    if (translation !== undefined) return;
    throw new BayLingError("argument-invalid", {
      field: kind,
      problem: "there is no translation yet to talk about",
      remedy: "Apply translate() first",
    });
  }

  /** The version that holds the current translation as a reply, and the prompt before it. */
  #translated(): Version | undefined {
    return this.#tree.path.findLast(({ reply }) => reply?.act.replies === "translation");
  }

  async #score(alternatives: number, signal: AbortSignal | undefined) {
    const { text, state } = this;
    const version = this.#translated();
    if (text === "" || version?.reply === undefined) {
      throw new BayLingError("argument-invalid", {
        problem: "there is no translation whose words could be looked at",
        remedy: "Apply translate() first",
      });
    }
    const { prompt, tokens } = version.reply.written;
    const kept = await this.#sequence.take();
    const sequence = kept ?? (await this.#model.createSequence());
    try {
      return await scoreTranslation(sequence, this.#model.tokenizer, {
        ...{ prompt: prompt.tokens, text, language: state.to, alternatives, signal },
        ...this.#leadingSpace,
        written: version.reply.text === text ? tokens : undefined,
      });
    } finally {
      if (kept === undefined) sequence.dispose();
    }
  }

  #suggestion(typed: string): SuggestionRequest {
    const { state } = this;
    const written = this.#translated()?.reply?.written.prompt;
    const { tokens } = written ?? this.#encode([said("user", requestFor(state, this.#settings))], suggestionTokens);
    // What a person types is theirs: terms that stand there already cannot be forbidden any more.
    const forbidden = state.forbidden.filter((term) => checkExcludes(typed, term).outcome === "pass");
    return {
      ...{ prompt: tokens, typed, constraints: forbidden.length === 0 ? [] : [forbid(forbidden)] },
      ...this.#leadingSpace,
      stopTokens: this.#settings.stop.stopTokens ?? [],
    };
  }

  async #generate(prompt: DialoguePrompt, act: Act, plan: TurnPlan, options: GenerateOptions) {
    const prefix = act.replies === "translation" ? plan.asked.prefix : undefined;
    const kept = prefix === undefined ? undefined : splitPrefix(this.#model.tokenizer, prefix, this.#leadingSpace);
    const fed = kept?.tokens ?? [];
    const generation = this.#model.generate([...prompt.tokens, ...fed], {
      ...options,
      ...this.#settings.stop,
      leadingSpace: this.#settings.spaceBeforeReply && fed.length === 0,
      constraints: plan.constraints,
      begun: kept?.begun,
      sequence: await this.#sequence.take(),
    });
    return { generation, fed };
  }

  get #leadingSpace(): { readonly leadingSpace: boolean } {
    return { leadingSpace: this.#settings.spaceBeforeReply };
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
