import type { DecodingOptions } from "@bayling/core/interaction";
import { z } from "@hono/zod-openapi";

const Decoding = z
  .strictObject({
    max_tokens: z.int().min(1).optional(),
    temperature: z.number().min(0).max(2).optional(),
    top_k: z.int().min(0).optional(),
    top_p: z.number().min(0).max(1).optional(),
    min_p: z.number().min(0).max(1).optional(),
    repetition_penalty: z.number().min(0.01).max(10).optional(),
    beams: z.int().min(1).max(64).optional(),
    seed: z.int().min(0).max(4_294_967_295).optional(),
  })
  .openapi("TranslationDecoding");

interface DecodingFields {
  readonly max_tokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly top_k?: number | undefined;
  readonly top_p?: number | undefined;
  readonly min_p?: number | undefined;
  readonly repetition_penalty?: number | undefined;
  readonly beams?: number | undefined;
  readonly seed?: number | undefined;
}

/** How a turn is decoded. */
export interface TurnFields {
  readonly stream: boolean;
  readonly mode?: "faithful" | "draft" | undefined;
  readonly seed?: number | undefined;
  readonly decoding?: DecodingFields | undefined;
}

export const turnFields: { readonly [Field in keyof TurnFields]-?: z.ZodType<TurnFields[Field]> } = {
  stream: z.boolean().default(false).describe("answer with events as the text is written"),
  mode: z
    .enum(["faithful", "draft"])
    .optional()
    .describe("the best translation, or one that is drawn; default faithful"),
  seed: z.int().optional().describe("chooses the words of the instruction"),
  decoding: Decoding.optional(),
};

/** The same as core has it. */
export function toDecoding(fields: DecodingFields = {}): DecodingOptions {
  return {
    ...{ maxTokens: fields.max_tokens, temperature: fields.temperature, topK: fields.top_k, topP: fields.top_p },
    ...{ minP: fields.min_p, repetitionPenalty: fields.repetition_penalty, beams: fields.beams, seed: fields.seed },
  };
}
