import type { Capabilities } from "../backend/backend.ts";
import type { GgufMetadata } from "../formats/gguf-metadata.ts";
import type { Generation } from "../generation/generation.ts";
import type { GenerateOptions } from "../generation/generation-options.ts";
import type { Sequence } from "../generation/sequence.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

/** What translating needs of a model; every `Model` is one. */
export interface TranslationModel {
  readonly name: string;
  readonly tokenizer: Tokenizer;
  readonly metadata: GgufMetadata;
  readonly capabilities: Capabilities;
  readonly contextLength: number;
  createSequence(options?: { readonly evictable?: boolean | undefined }): Promise<Sequence>;
  generate(prompt: readonly number[], options?: GenerateOptions): Generation;
}
