import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import type { ChatMessage, Tokenizer } from "@bayling/core";
import type { ChatTemplate } from "@bayling/core/prompt";
import type { Dialogue } from "../dialogues/dialogue.ts";
import { dialogueMessages } from "../vocabulary/dialogue-texts.ts";
import { encodeDialogue } from "./encode-dialogue.ts";

export interface TrainingDataOptions {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  /** What the model is told first; `undefined` is what the template says, and "" nothing. */
  readonly system?: string | undefined;
  /** Longer dialogues lose whole turns at their end. Tokens. */
  readonly contextLength: number;
  readonly onProgress?: ((dialogues: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came of the dialogues. */
export interface TrainingDataReport {
  readonly dialogues: number;
  readonly tokens: number;
  /** Tokens that the model learns to write. */
  readonly replyTokens: number;
  /** Dialogues that lost turns to the context length. */
  readonly shortened: number;
  /** BCP 47; of sources and translations, in alphabetical order. */
  readonly languages: readonly string[];
  /** BCP 47; of instructions, the most frequent one first. */
  readonly instructionLanguages: readonly string[];
  /** Dialogues of which not even the first turn fits, or whose tokens depend on what follows. */
  readonly leftOut: number;
}

/** Bytes that are held back before they are written. */
const bufferedBytes = 1 << 20;

/**
 * Writes dialogues as the training script reads them: `<name>.tokens` (uint32), `<name>.loss` (uint8) and `<name>.starts`
 * (uint64, one more than there are dialogues), little-endian.
 * @throws BayLingError `template-invalid`; the signal's reason
 */
export async function writeTrainingData(
  dialogues: AsyncIterable<Dialogue>,
  folder: string,
  name: string,
  options: TrainingDataOptions,
): Promise<TrainingDataReport> {
  const { tokenizer, template, system, contextLength, onProgress, signal } = options;
  await using tokens = await BufferedFile.create(path.join(folder, `${name}.tokens`));
  await using loss = await BufferedFile.create(path.join(folder, `${name}.loss`));
  await using starts = await BufferedFile.create(path.join(folder, `${name}.starts`));
  let [count, written, replyTokens, shortened, leftOut] = [0, 0, 0, 0, 0];
  const languages = new Set<string>();
  const instructions = new Map<string, number>();
  await starts.write(uint64(0));
  for await (const dialogue of dialogues) {
    signal?.throwIfAborted();
    const messages = dialogueMessages(dialogue, system);
    const encoded = fit(messages, contextLength, (part) => encodeDialogue(part, template, tokenizer));
    if (encoded === undefined) {
      leftOut++;
      continue;
    }
    if (encoded.messages < messages.length) shortened++;
    for (const language of [dialogue.from, dialogue.to]) if (language !== undefined) languages.add(language);
    for (const { language } of dialogue.turns) {
      if (language !== undefined) instructions.set(language, (instructions.get(language) ?? 0) + 1);
    }
    await tokens.write(littleEndian(encoded.tokens));
    await loss.write(encoded.isReply);
    written += encoded.tokens.length;
    await starts.write(uint64(written));
    for (const isReply of encoded.isReply) replyTokens += isReply;
    onProgress?.(++count);
  }
  return {
    ...{ dialogues: count, tokens: written, replyTokens, shortened, leftOut },
    languages: [...languages].sort(),
    instructionLanguages: [...instructions.keys()].sort(
      (one, other) => instructions.get(other)! - instructions.get(one)!,
    ),
  };
}

/** The dialogue with as many of its turns as fit. */
function fit(
  messages: readonly ChatMessage[],
  most: number,
  encode: (messages: readonly ChatMessage[]) => ReturnType<typeof encodeDialogue>,
) {
  for (let count = messages.length; count > 1; count -= 2) {
    const encoded = encode(messages.slice(0, count));
    if (encoded === undefined) return undefined;
    if (encoded.tokens.length <= most) return { ...encoded, messages: count };
  }
  return undefined;
}

function littleEndian(numbers: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length);
  const view = new DataView(bytes.buffer);
  for (const [index, number] of numbers.entries()) view.setUint32(4 * index, number, true);
  return bytes;
}

function uint64(number: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number), true);
  return bytes;
}

/** A file that is written in large pieces. */
class BufferedFile {
  readonly #file: FileHandle;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(name: string): Promise<BufferedFile> {
    return new BufferedFile(await open(name, "w"));
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= bufferedBytes) await this.#flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flush();
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    await this.#file.writeFile(Buffer.concat(pieces));
  }
}
