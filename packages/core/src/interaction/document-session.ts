import { checkOptions, invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { SharedSequence } from "../generation/shared-sequence.ts";
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

/** Opens a segment's session; `context` tells the segments before it as they are when a turn begins. */
export type OpenSegment = (source: string, context: () => readonly SegmentContext[]) => TranslationSession;

/** Versions of segments by index; undefined where nothing was translated yet. */
type Snapshot = readonly (number | undefined)[];

/**
 * A long text: each sentence has a session of its own, is translated with the sentences before it in view, and stands where
 * its source stood. What is read of a run stays when the run is stopped, and the next one goes on from there. One run at a
 * time: until it is read to its end or left, the document takes nothing else. All sessions write on one sequence in turn.
 */
export class DocumentSession {
  readonly #segmented: SegmentedText;
  readonly #open: OpenSegment;
  readonly #contextSize: number;
  readonly #sequence: SharedSequence;
  readonly #sessions: TranslationSession[] = [];
  #done: Snapshot[] = [];
  #undone: Snapshot[] = [];
  #running = false;
  #disposed = false;

  /** @internal Made by `translator.openDocument()`. */
  constructor(
    segmented: SegmentedText,
    options: { readonly open: OpenSegment; readonly sequence: SharedSequence; readonly contextSize: number },
  ) {
    this.#segmented = segmented;
    this.#open = options.open;
    this.#sequence = options.sequence;
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
    const states = this.sources.map((_, index) => this.#sessions[index]?.state);
    const texts = this.sources.map((source, index) => states[index]?.translation ?? source);
    const languages = states.map((state) => (state?.translation === undefined ? undefined : state.to));
    return joinSegments(this.#segmented, texts, languages);
  }

  /**
   * Translates the segments that have no translation yet, one after the other.
   * @throws BayLingError as `session.apply()`, `sequence-busy` while another run is read; what was translated before stays
   */
  async *translate(options: ApplyOptions = {}): AsyncGenerator<DocumentStep, void, undefined> {
    yield* this.#run(this.#untranslated(), translate(), options);
  }

  /**
   * Applies an act to segments, one after the other.
   * @throws BayLingError as `session.apply()`, `sequence-busy` while another run is read; `argument-invalid` for segments
   * that are not translated
   */
  async *apply(act: Act, options: DocumentApplyOptions = {}): AsyncGenerator<DocumentStep, void, undefined> {
    checkOptions(options);
    const translated = this.#translated();
    const { segments = [...translated], ...turn } = options;
    if (!Array.isArray(segments)) throw invalidArgument("segments", "an array of indices", segments);
    for (const index of segments) {
      if (translated.has(index)) continue;
      throw invalidArgument("segments", "indices of segments that are translated", index);
    }
    yield* this.#run([...segments], act, turn);
  }

  /**
   * Takes back what the last run of `translate()` or `apply()` did.
   * @throws BayLingError `argument-invalid` where there is none, `sequence-busy` while one, or a turn of a segment, is read
   */
  undo(): void {
    this.#travel(this.#done, this.#undone, "undo");
  }

  /** @throws BayLingError as {@link undo} */
  redo(): void {
    this.#travel(this.#undone, this.#done, "redo");
  }

  /** Frees all sessions, and ends what runs. May be called twice. */
  dispose(): void {
    this.#disposed = true;
    for (const session of this.#sessions) session.dispose();
    this.#sequence.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async *#run(
    indices: Iterable<number>,
    act: Act,
    options: ApplyOptions,
  ): AsyncGenerator<DocumentStep, void, undefined> {
    this.#check();
    this.#running = true;
    try {
      const before = this.#snapshot();
      let isRemembered = false;
      for (const index of indices) {
        this.#checkDisposed();
        const version = await this.#step(index, act, options);
        if (!isRemembered) {
          this.#done.push(before);
          this.#undone = [];
          isRemembered = true;
        }
        yield { index, version };
      }
    } finally {
      this.#running = false;
    }
  }

  async #step(index: number, act: Act, options: ApplyOptions): Promise<Version> {
    const opened = this.#sessions[index];
    const session = opened ?? this.#open(this.#segmented.segments[index]!.text, () => this.#contextOf(index));
    try {
      const version = await session.apply(act, options).version();
      this.#checkDisposed();
      this.#sessions[index] = session;
      return version;
    } finally {
      if (this.#sessions[index] !== session) session.dispose();
    }
  }

  /** Looks at each when its turn comes. */
  *#untranslated(): Generator<number, void, undefined> {
    for (const index of this.#segmented.segments.keys()) {
      if (this.#sessions[index]?.state.translation === undefined) yield index;
    }
  }

  #translated(): Set<number> {
    return new Set(
      [...this.#sessions.keys()].filter((index) => this.#sessions[index]!.state.translation !== undefined),
    );
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

  #travel(from: Snapshot[], to: Snapshot[], what: string): void {
    this.#check();
    const target = from.at(-1);
    if (target === undefined) {
      throw new BayLingError("argument-invalid", { problem: `there is nothing to ${what}` });
    }
    const here = this.#snapshot();
    try {
      this.#goTo(target);
    } catch (error) {
      // A segment is in the middle of a turn: those before it go back, and that one has not moved.
      this.#goTo(here);
      throw error;
    }
    from.pop();
    to.push(here);
  }

  #goTo(target: Snapshot): void {
    for (const [index, session] of this.#sessions.entries()) {
      const id = target[index];
      if (session.current?.id === id) continue;
      if (id !== undefined) session.goTo(id);
      else while (session.canUndo) session.undo();
    }
  }

  #check(): void {
    this.#checkDisposed();
    if (!this.#running) return;
    throw new BayLingError("sequence-busy", {
      problem: "another run of the document is being read",
      remedy: "Read it to its end, or leave its loop, before the next one",
    });
  }

  #checkDisposed(): void {
    if (this.#disposed) throw new BayLingError("disposed", { problem: "the document is disposed" });
  }
}
