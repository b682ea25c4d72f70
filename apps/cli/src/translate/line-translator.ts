import {
  joinSegments,
  type SegmentContext,
  type SegmentedText,
  segmentText,
  type TranslationSession,
  type Translator,
  translate,
} from "@bayling/core/interaction";
import { beginSession, contextSize } from "./begin-session.ts";
import { reportVersion, type VersionReport } from "./version-report.ts";

export interface LineOptions {
  /** Lines are split into sentences. */
  readonly document: boolean;
  /** Lines before a line are its context. */
  readonly context: boolean;
  readonly hypotheses: boolean;
  /** With how sure the model is of each word. */
  readonly words: boolean;
  /** Line breaks within a translation become spaces: who counts lines finds as many as there are texts. */
  readonly oneLine: boolean;
  readonly seed: number;
}

/** A sentence, or a whole line where lines are not split. */
export interface TranslatedSegment extends VersionReport {
  readonly source: string;
}

export interface TranslatedLine {
  readonly text: string;
  /** Empty for a line without words. */
  readonly segments: readonly TranslatedSegment[];
}

export interface LineJob {
  readonly signal: AbortSignal;
  readonly onToken: () => void;
}

/** Translates one line after the other. The same lines come out the same, wherever the first one was. */
export class LineTranslator {
  readonly #translator: Translator;
  readonly #options: LineOptions;
  #context: readonly SegmentContext[];

  /** @param context of lines that were translated before */
  constructor(translator: Translator, options: LineOptions, context: readonly SegmentContext[] = []) {
    this.#translator = translator;
    this.#options = options;
    this.#context = context.slice(-contextSize);
  }

  /** What the next line sees. */
  get context(): readonly SegmentContext[] {
    return this.#context;
  }

  /**
   * @param number of the line: drafts of two lines are drawn with two seeds
   * @throws the signal's reason; BayLingError as `session.apply`
   */
  async translate(text: string, number: number, job: LineJob): Promise<TranslatedLine> {
    const { from, to } = this.#translator;
    const segmented = this.#options.document ? segmentText(text, from) : wholeLine(text);
    const translated: TranslatedSegment[] = [];
    let context = this.#context;
    for (const { text: source } of segmented.segments) {
      const segment = await this.#translateSegment(source, context, number, job);
      translated.push(segment);
      context = [...context, { source, translation: segment.translation }].slice(-contextSize);
    }
    if (this.#options.context) this.#context = context;
    const translations = translated.map(({ translation }) =>
      this.#options.oneLine ? oneLine(translation) : translation,
    );
    return {
      text: segmented.segments.length === 0 ? text : joinSegments(segmented, translations, to),
      segments: translated,
    };
  }

  async #translateSegment(
    source: string,
    context: readonly SegmentContext[],
    number: number,
    job: LineJob,
  ): Promise<TranslatedSegment> {
    const { hypotheses, seed } = this.#options;
    const { profile } = this.#translator;
    const options = { signal: job.signal, decoding: { seed: (seed + number) % 2 ** 32 } };
    const { session, turn } = beginSession(this.#translator, source, context, (opened) =>
      opened.apply(translate(), options),
    );
    try {
      for await (const _ of turn) job.onToken();
      const version = await turn.version();
      const words = this.#options.words ? await wordsOf(session, job.signal) : undefined;
      return { source, ...reportVersion(version, { profile, source, hypotheses, words }) };
    } finally {
      session.dispose();
    }
  }
}

/** Confidence is there for words only: an empty translation has none. */
async function wordsOf(session: TranslationSession, signal: AbortSignal) {
  return session.text === "" ? [] : session.words({ signal });
}

/** The line as its one segment, with the white space around it kept. */
function wholeLine(text: string): SegmentedText {
  const content = text.trim();
  if (content === "") return { lead: text, segments: [] };
  const begin = text.indexOf(content);
  const segment = { text: content, separator: text.slice(begin + content.length) };
  return { lead: text.slice(0, begin), segments: [segment] };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\n\v\f\r\u0085\u2028\u2029]+\s*/g, " ").trim();
}
