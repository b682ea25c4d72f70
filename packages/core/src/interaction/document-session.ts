import { invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { Act } from "./act.ts";
import { translate } from "./acts/translate.ts";
import type { SegmentContext } from "./profiles/translation-profile.ts";
import type { ApplyOptions } from "./session-settings.ts";
import { joinSegments, type SegmentedText } from "./text-segments.ts";
import type { TranslationSession } from "./translation-session.ts";
import type { Version } from "./version.ts";

export interface DocumentApplyOptions extends ApplyOptions {
  /** Indices of the segments that it concerns. Default: all that are translated. */
  readonly segments?: readonly number[] | undefined;
}

/** A segment that has a new version. */
export interface DocumentStep {
  readonly index: number;
  readonly version: Version;
}

/** Opens a segment's session; `context` are the segments before it. */
export type OpenSegment = (source: string, context: readonly SegmentContext[]) => TranslationSession;

/** Versions of segments by index; undefined where nothing was translated yet. */
type Snapshot = readonly (number | undefined)[];

/**
 * A long text: each sentence has a session of its own, is translated with the sentences before it in view, and stands where
 * its source stood. What is read of a run stays when the run is stopped, and the next one goes on from there.
 */
export class DocumentSession {
  readonly #segmented: SegmentedText;
  readonly #open: OpenSegment;
  readonly #contextSize: number;
  readonly #to: string;
  readonly #sessions: TranslationSession[] = [];
  #done: Snapshot[] = [];
  #undone: Snapshot[] = [];
  #disposed = false;

  /** @internal Made by `translator.openDocument()`. */
  constructor(segmented: SegmentedText, options: { open: OpenSegment; to: string; contextSize: number }) {
    this.#segmented = segmented;
    this.#open = options.open;
    this.#to = options.to;
    this.#contextSize = options.contextSize;
  }

  /** Sources of the segments. */
  get sources(): readonly string[] {
    return this.#segmented.segments.map(({ text }) => text);
  }

  /** Sessions of the segments that were opened, from the first on. To steer one, apply acts to its session. */
  get sessions(): readonly TranslationSession[] {
    return this.#sessions;
  }

  /** Whether every segment has a translation. */
  get complete(): boolean {
    return this.sources.every((_, index) => this.#sessions[index]?.state.translation !== undefined);
  }

  /** The translation in the source's layout; of what is not translated yet, the source. */
  get text(): string {
    const translations = this.sources.map((source, index) => this.#sessions[index]?.state.translation ?? source);
    return joinSegments(this.#segmented, translations, this.#to);
  }

  /**
   * Translates the segments that have no translation yet, one after the other.
   * @throws BayLingError as `session.apply()`; what was translated before stays
   */
  async *translate(options: ApplyOptions = {}): AsyncGenerator<DocumentStep, void, undefined> {
    this.#remember();
    for (const [index, source] of this.sources.entries()) {
      this.#check();
      const opened = this.#sessions[index];
      if (opened?.state.translation !== undefined) continue;
      const session = opened ?? this.#open(source, this.#contextOf(index));
      try {
        const version = await session.apply(translate(), options).version();
        this.#sessions[index] = session;
        yield { index, version };
      } finally {
        if (this.#sessions[index] !== session) session.dispose();
      }
    }
  }

  /**
   * Applies an act to segments, one after the other.
   * @throws BayLingError as `session.apply()`; `argument-invalid` for segments that are not translated
   */
  async *apply(act: Act, options: DocumentApplyOptions = {}): AsyncGenerator<DocumentStep, void, undefined> {
    const { segments = this.#translated(), ...turn } = options;
    for (const index of segments) {
      if (this.#translated().includes(index)) continue;
      throw invalidArgument("segments", "indices of segments that are translated", index);
    }
    this.#remember();
    for (const index of segments) {
      this.#check();
      yield { index, version: await this.#sessions[index]!.apply(act, turn).version() };
    }
  }

  /** Takes back what the last run of `translate()` or `apply()` did. @throws BayLingError `argument-invalid` */
  undo(): void {
    this.#travel(this.#done, this.#undone, "undo");
  }

  /** @throws BayLingError `argument-invalid` */
  redo(): void {
    this.#travel(this.#undone, this.#done, "redo");
  }

  /** Frees all sessions. May be called twice. */
  dispose(): void {
    this.#disposed = true;
    for (const session of this.#sessions) session.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #translated(): number[] {
    return [...this.#sessions.keys()].filter((index) => this.#sessions[index]!.state.translation !== undefined);
  }

  #contextOf(index: number): SegmentContext[] {
    const before = this.#sessions.slice(Math.max(0, index - this.#contextSize), index);
    return before.flatMap(({ source, state: { translation } }) =>
      translation === undefined ? [] : [{ source, translation }],
    );
  }

  #snapshot(): Snapshot {
    return this.#sessions.map((session) => session.current?.id);
  }

  #remember(): void {
    this.#check();
    this.#done.push(this.#snapshot());
    this.#undone = [];
  }

  #travel(from: Snapshot[], to: Snapshot[], what: string): void {
    this.#check();
    const target = from.pop();
    if (target === undefined) {
      throw new BayLingError("argument-invalid", { problem: `there is nothing to ${what}` });
    }
    to.push(this.#snapshot());
    for (const [index, session] of this.#sessions.entries()) {
      const id = target[index];
      if (id !== undefined) session.goTo(id);
      else while (session.canUndo) session.undo();
    }
  }

  #check(): void {
    if (this.#disposed) throw new BayLingError("disposed", { problem: "the document is disposed" });
  }
}
