import { BayLingError, type GenerateOptions } from "@bayling/core";
import { type Constraint, matchGrammar, matchJsonSchema } from "@bayling/core/constraints";
import { z } from "@hono/zod-openapi";
import { Problem } from "../problem.ts";

/** Grammars and schemas are compiled while others wait. */
const longestGrammar = 65_536;

const stop = z.string().min(1).max(1000);

type ResponseFormat =
  | { readonly type: "text" | "json_object" }
  | {
      readonly type: "json_schema";
      readonly json_schema: { readonly schema?: Record<string, unknown> | null | undefined };
    };

const jsonSchemaFormat = z.strictObject({
  name: z.string().max(64).optional(),
  description: z.string().nullish(),
  schema: z.record(z.string(), z.unknown()).nullish().describe("what `matchJsonSchema` of @bayling/core understands"),
  strict: z.boolean().nullish().describe("always on"),
});

const responseFormat: z.ZodType<ResponseFormat> = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.enum(["text", "json_object"]) }),
    z.strictObject({ type: z.literal("json_schema"), json_schema: jsonSchemaFormat }),
  ])
  .openapi("ResponseFormat");

/** What chats and completions have in common. Everything may also be null, as in OpenAI's own. */
export interface GenerationFields {
  readonly model?: string | null | undefined;
  readonly max_tokens?: number | null | undefined;
  readonly temperature?: number | null | undefined;
  readonly top_p?: number | null | undefined;
  readonly n?: number | null | undefined;
  readonly stream?: boolean | null | undefined;
  readonly stream_options?: { readonly include_usage?: boolean | null | undefined } | null | undefined;
  readonly stop?: string | string[] | null | undefined;
  readonly seed?: number | null | undefined;
  readonly presence_penalty?: number | null | undefined;
  readonly frequency_penalty?: number | null | undefined;
  readonly logit_bias?: Readonly<Record<string, number>> | null | undefined;
  readonly user?: string | null | undefined;
  readonly response_format?: ResponseFormat | null | undefined;
  readonly grammar?: string | null | undefined;
  readonly top_k?: number | null | undefined;
  readonly min_p?: number | null | undefined;
  readonly repetition_penalty?: number | null | undefined;
  readonly ignore_eos?: boolean | null | undefined;
}

export const generationFields: { readonly [Field in keyof GenerationFields]-?: z.ZodType<GenerationFields[Field]> } = {
  model: z.string().nullish().describe("one of /v1/models; without it, the first"),
  max_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish().describe("default 1"),
  top_p: z.number().min(0).max(1).nullish().describe("default 1"),
  n: z.int().min(1).max(128).nullish().describe("choices; they are written at the same time"),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.literal(false).nullish() })
    .nullish(),
  stop: z.union([stop, z.array(stop).max(16)]).nullish(),
  seed: z.int().nullish().describe("the same seed and request give the same text"),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string().regex(/^\d{1,9}$/, "a token id"), z.number().min(-100).max(100)).nullish(),
  user: z.string().nullish().describe("without effect"),
  response_format: responseFormat.nullish(),
  grammar: z.string().max(longestGrammar).nullish().describe("GBNF, as llama.cpp has it; not part of OpenAI's API"),
  top_k: z.int().min(0).nullish().describe("not part of OpenAI's API"),
  min_p: z.number().min(0).max(1).nullish().describe("not part of OpenAI's API"),
  repetition_penalty: z.number().min(0.01).max(100).nullish().describe("not part of OpenAI's API"),
  ignore_eos: z.boolean().nullish().describe("write past the model's end; not part of OpenAI's API"),
};

/** What the fields say, in core's words; without what concerns one choice alone. */
export function toGenerateOptions(fields: GenerationFields, contextLength: number): GenerateOptions {
  const { presence_penalty, frequency_penalty, logit_bias, stop } = fields;
  return {
    temperature: fields.temperature ?? 1,
    topP: fields.top_p ?? undefined,
    topK: fields.top_k ?? undefined,
    minP: fields.min_p ?? undefined,
    presencePenalty: presence_penalty ?? undefined,
    frequencyPenalty: frequency_penalty ?? undefined,
    repetitionPenalty: fields.repetition_penalty ?? undefined,
    // OpenAI's penalties look at the whole text.
    penaltyWindow: presence_penalty || frequency_penalty ? contextLength : undefined,
    logitBias: logit_bias ? new Map(Object.entries(logit_bias).map(([id, bias]) => [Number(id), bias])) : undefined,
    stop: stop ?? undefined,
    constraints: constraintsOf(fields),
    ignoreEnd: fields.ignore_eos ?? undefined,
    onContextFull: "stop",
  };
}

/** Of a choice: those of one request differ, and come out again with the same seed. */
export function seedOf({ seed }: GenerationFields, choice: number): number | undefined {
  return seed === null || seed === undefined ? undefined : Number(BigInt.asUintN(32, BigInt(seed) + BigInt(choice)));
}

function constraintsOf({ response_format: format, grammar }: GenerationFields): GenerateOptions["constraints"] {
  const hasFormat = format && format.type !== "text";
  if (typeof grammar === "string") {
    if (!hasFormat) return [compiled("grammar", () => matchGrammar(grammar))];
    const message = "A grammar and a response_format cannot both say what the text looks like.";
    throw new Problem({ status: 400, code: "request-contradictory", message, param: "grammar" });
  }
  if (!hasFormat) return undefined;
  const schema = format.type === "json_schema" ? (format.json_schema.schema ?? {}) : { type: "object" };
  return [
    compiled("response_format", () => {
      const { length } = JSON.stringify(schema);
      if (length <= longestGrammar) return matchJsonSchema(schema);
      throw new BayLingError("grammar-invalid", {
        problem: "the schema is too long",
        expected: `at most ${longestGrammar} characters`,
        received: `${length}`,
      });
    }),
  ];
}

/** What core says of a grammar, with the name of the field that it came in. */
function compiled(param: string, compile: () => Constraint<number>): Constraint<number> {
  try {
    return compile();
  } catch (cause) {
    if (!BayLingError.isInstance(cause)) throw cause;
    throw new Problem({ status: 400, code: cause.code, message: cause.message, param, cause });
  }
}
