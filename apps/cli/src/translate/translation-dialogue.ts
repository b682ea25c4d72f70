import {
  type Act,
  type AlternativesData,
  type ApplyOptions,
  type SegmentContext,
  type TranslationSession,
  type Translator,
  type Turn,
  translate,
  type Version,
} from "@bayling/core/interaction";
import { Interrupted, UsageError } from "../exit-codes.ts";
import type { Terminal } from "../output/terminal.ts";
import { visible } from "../output/text-width.ts";
import { TextWriter } from "../output/text-writer.ts";
import { beginSession, contextSize } from "./begin-session.ts";
import { noteChecks, noteEnd, printHypotheses } from "./show-version.ts";
import { reportVersion } from "./version-report.ts";

export interface DialogueOptions {
  /** Texts before are the context of the next one. */
  readonly context: boolean;
  readonly json: boolean;
  /** With JSON: all translations of a beam search. */
  readonly hypotheses: boolean;
  /** Drafts are random without. */
  readonly seed: number | undefined;
}

/** A person, a translator, and the text that they are at. */
export class TranslationDialogue {
  readonly terminal: Terminal;
  readonly translator: Translator;
  readonly #options: DialogueOptions;
  #session: TranslationSession | undefined;
  #context: readonly SegmentContext[] = [];
  #ended = false;

  constructor(translator: Translator, options: DialogueOptions, terminal: Terminal) {
    this.translator = translator;
    this.terminal = terminal;
    this.#options = options;
  }

  /** Undefined while a text is awaited. */
  get session(): TranslationSession | undefined {
    return this.#session;
  }

  /** @throws UsageError while a text is awaited */
  get opened(): TranslationSession {
    if (this.#session !== undefined) return this.#session;
    throw new UsageError("there is no translation yet: type a text first");
  }

  /** Translates a text; what is said afterwards is about it. When it is stopped, the text stays. */
  async begin(text: string, signal: AbortSignal): Promise<void> {
    this.leave();
    const { session, turn } = beginSession(this.translator, text, this.#context, (opened) =>
      opened.apply(translate(), this.#turnOptions(opened, signal)),
    );
    this.#session = session;
    try {
      await this.#read(turn, session);
    } catch (error) {
      if (error instanceof Interrupted) this.say("The text stays: /retry translates it, /new takes another one.");
      else {
        session.dispose();
        this.#session = undefined;
      }
      throw error;
    }
  }

  async apply(act: Act, signal: AbortSignal): Promise<void> {
    const session = this.opened;
    const { profile } = this.translator;
    const { count = 3, text } = act.data as Partial<AlternativesData>;
    if (act.kind === "alternatives" && profile.follows !== "acts" && text === undefined) {
      return this.#searchAlternatives(session, count, signal);
    }
    await this.#read(session.apply(act, this.#turnOptions(session, signal)), session);
  }

  /** What a model that has no words about translations can offer: the best of a beam search. */
  async #searchAlternatives(session: TranslationSession, count: number, signal: AbortSignal): Promise<void> {
    const { profile } = this.translator;
    const found = session.current?.reply?.hypotheses.length ?? 0;
    if (found < count) {
      const options = this.#turnOptions(session, signal);
      const beams = { ...options, mode: "faithful", decoding: { ...options.decoding, beams: count } } as const;
      const isFirst = session.current === undefined;
      await this.#read(isFirst ? session.apply(translate(), beams) : session.regenerate(beams), session);
    }
    const { hypotheses = [] } = session.current?.reply ?? {};
    this.say(`(${profile.name} was taught to translate only: these are the best of a beam search)`);
    const texts = hypotheses.map(({ text, score }) => ({ text: profile.clean(text, session.source), score }));
    await printHypotheses(texts.slice(0, count), this.terminal);
  }

  /** Another translation: drawn, or with another beginning. */
  async regenerate(options: { readonly prefix?: string }, signal: AbortSignal): Promise<void> {
    const session = this.opened;
    if (session.current === undefined) return this.apply(translate(), signal);
    const drawn = this.#turnOptions(session, signal);
    const draft: ApplyOptions = { ...drawn, mode: "draft", decoding: { ...drawn.decoding, beams: 1 } };
    await this.#read(session.regenerate(options.prefix === undefined ? draft : { ...drawn, ...options }), session);
  }

  /** Shows a version that is there already. */
  async show(version: Version): Promise<void> {
    if (this.#options.json) return this.#printJson(version);
    const writer = new TextWriter(this.terminal);
    await writer.push(version.translation ?? "");
    await writer.end();
    noteChecks(version, this.terminal);
  }

  /** Lets the text go; the next one may see it as context. */
  leave(): void {
    const session = this.#session;
    if (session === undefined) return;
    const { source, text: translation } = session;
    if (this.#options.context && translation !== "") {
      this.#context = [...this.#context, { source, translation }].slice(-contextSize);
    }
    session.dispose();
    this.#session = undefined;
  }

  get ended(): boolean {
    return this.#ended;
  }

  end(): void {
    this.#ended = true;
  }

  /** Something that the program itself says. */
  say(text: string): void {
    this.terminal.note(this.terminal.paintNote("dim", visible(text)));
  }

  #turnOptions({ versions }: TranslationSession, signal: AbortSignal): ApplyOptions {
    const { seed } = this.#options;
    return { signal, ...(seed !== undefined && { decoding: { seed: (seed + versions.length) % 2 ** 32 } }) };
  }

  async #read(turn: Turn, session: TranslationSession): Promise<void> {
    const writer = new TextWriter(this.terminal);
    let shown = "";
    try {
      for await (const { text } of turn) {
        const visibleText = shown === "" ? text.trimStart() : text;
        shown += visibleText;
        if (!this.#options.json) await writer.push(visibleText);
      }
    } finally {
      if (!this.#options.json && !this.terminal.closed.aborted) await writer.end();
    }
    const version = await turn.version();
    if (this.#options.json) return this.#printJson(version, session);
    const text = version.reply?.text ?? "";
    // A beginning that was kept was not written anew; what is no part of the translation was taken away.
    if (text.trim() !== shown.trim() && text !== "") {
      await writer.push(`→ ${text}`);
      await writer.end();
    }
    noteChecks(version, this.terminal);
    noteEnd(version, this.terminal);
  }

  async #printJson(version: Version, { source } = this.opened): Promise<void> {
    const { hypotheses } = this.#options;
    const report = reportVersion(version, { profile: this.translator.profile, source, hypotheses });
    const { act, text } = version.reply ?? {};
    await this.terminal.printJsonLine({
      ...{ version: version.id + 1, act: act?.kind ?? "edit", source, ...report },
      ...(act?.replies === "text" && { reply: text }),
    });
  }
}
