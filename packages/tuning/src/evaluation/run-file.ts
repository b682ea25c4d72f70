import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { BayLingError } from "@bayling/core";

interface RunRecord<Answer> {
  readonly key: string;
  readonly answer: Answer;
}

/**
 * The answers of a run, one a line, written as they come: a run that was stopped, even by force, goes on where it was.
 * The first line holds the settings; a run with others is another run.
 */
export class RunFile<Answer> {
  readonly #file: FileHandle;
  readonly #answers: Map<string, Answer>;
  /** Writes follow each other, so that lines stay whole. */
  #written: Promise<unknown> = Promise.resolve();

  private constructor(file: FileHandle, answers: Map<string, Answer>) {
    this.#file = file;
    this.#answers = answers;
  }

  /**
   * @param settings all that decides the answers
   * @throws BayLingError `run-mismatch` when the file was begun with other settings, `sink-unwritable`
   */
  static async open<Answer>(path: string, settings: object): Promise<RunFile<Answer>> {
    const header = `${JSON.stringify({ settings: digest(settings), ...settings })}\n`;
    const file = await open(path, "a+").catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
    try {
      const text = await file.readFile("utf8");
      const end = text.lastIndexOf("\n") + 1;
      if (end === 0) {
        await file.truncate(0);
        await file.appendFile(header);
        return new RunFile<Answer>(file, new Map());
      }
      const [first, ...lines] = text.slice(0, end - 1).split("\n");
      if (parse<{ settings?: unknown }>(first!)?.settings !== digest(settings)) throw mismatch(path, first!, header);
      // What a process that was killed wrote of a line.
      if (end < text.length) await file.truncate(Buffer.byteLength(text.slice(0, end)));
      const records = lines.map((line) => parse<RunRecord<Answer>>(line) ?? {}).filter(isRecord<Answer>);
      return new RunFile<Answer>(file, new Map(records.map(({ key, answer }) => [key, answer])));
    } catch (error) {
      await file.close();
      if (BayLingError.isInstance(error)) throw error;
      throw unwritable(path, error);
    }
  }

  get size(): number {
    return this.#answers.size;
  }

  get(key: string): Answer | undefined {
    return this.#answers.get(key);
  }

  /** Resolves when it is in the file. @throws BayLingError `sink-unwritable` */
  async add(key: string, answer: Answer): Promise<void> {
    const line = `${JSON.stringify({ key, answer } satisfies RunRecord<Answer>)}\n`;
    const write = this.#written.then(() => this.#file.appendFile(line));
    this.#written = write.catch(() => {});
    await write.catch((cause: unknown) => {
      throw unwritable(key, cause);
    });
    this.#answers.set(key, answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#written;
    await this.#file.close();
  }
}

function parse<Value>(line: string): Value | undefined {
  try {
    return JSON.parse(line) as Value;
  } catch {
    return undefined;
  }
}

function isRecord<Answer>(value: Partial<RunRecord<Answer>>): value is RunRecord<Answer> {
  return typeof value.key === "string" && value.answer !== undefined;
}

function digest(settings: object): string {
  return createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 16);
}

function mismatch(path: string, received: string, expected: string): BayLingError {
  return new BayLingError("run-mismatch", {
    source: path,
    problem: "the file holds a run with other settings, or no run",
    expected: expected.trim(),
    received,
    remedy: "Give this run another file, or the settings of that one",
  });
}

function unwritable(path: string, cause: unknown): BayLingError {
  return new BayLingError("sink-unwritable", {
    source: path,
    problem: "the answers of the run cannot be written; those before are kept",
    received: cause instanceof Error ? cause.message : String(cause),
    cause,
  });
}
