import { createRoute, z } from "@hono/zod-openapi";
import { Problem } from "../problem.ts";
import { createRoutes, type Routes } from "../routes.ts";
import type { ServerContext } from "../server-context.ts";
import { answerCompletion } from "./completion-task.ts";
import type { CompletionShape } from "./completion-writers.ts";
import { generationFields, seedOf, toGenerateOptions } from "./generation-fields.ts";
import { checkPromptLength, maxTokensOf } from "./request-limits.ts";
import { completionLogprobs } from "./token-logprobs.ts";

const tokens = z.array(z.int().min(0)).min(1);

const CompletionRequest = z
  .strictObject({
    ...generationFields,
    prompt: z
      .union([z.string(), z.array(z.string()).min(1).max(128), tokens, z.array(tokens).min(1).max(128)])
      .describe("a text, several, or token ids"),
    echo: z.boolean().nullish().describe("put the prompt in front of what is written"),
    logprobs: z.int().min(0).max(5).nullish().describe("of every token, and of this many others"),
    best_of: z.int().nullish().describe("only as many as n"),
    suffix: z.literal("", "text in front of other text cannot be written").nullish(),
  })
  .openapi("CompletionRequest");

type CompletionRequest = z.infer<typeof CompletionRequest>;

const route = createRoute({
  method: "post",
  path: "/v1/completions",
  operationId: "createCompletion",
  summary: "Goes on writing after a prompt, as OpenAI's older API does",
  request: { body: { required: true, content: { "application/json": { schema: CompletionRequest } } } },
  responses: {
    200: {
      description: "The text; with `stream`, its pieces as they are written",
      content: {
        "application/json": { schema: z.looseObject({}) },
        "text/event-stream": { schema: z.string() },
      },
    },
  },
});

/** OpenAI's default for this endpoint. */
const defaultMaxTokens = 16;

const shape: CompletionShape = {
  prefix: "cmpl",
  object: "text_completion",
  chunkObject: "text_completion",
  whole: ({ index, text, tokens, offset, finishReason }) => ({
    index,
    text,
    logprobs: tokens.length > 0 ? completionLogprobs(tokens, offset) : null,
    finish_reason: finishReason,
  }),
  piece: (choice) => shape.whole(choice),
};

export function completionRoutes(context: ServerContext): Routes {
  return createRoutes().openapi(route, async (c) => {
    const request = c.req.valid("json");
    const served = context.models.get(request.model ?? undefined);
    const { tokenizer, contextLength } = served.model;
    checkFields(request);
    const prompts = promptsOf(request.prompt);
    const texts = prompts.filter((prompt) => typeof prompt === "string");
    checkPromptLength(texts, "prompt", context.limits);
    const common = toGenerateOptions(request, contextLength);
    const wanted = { max_tokens: request.max_tokens ?? Math.min(defaultMaxTokens, context.limits.maxTokens) };
    const maxTokens = maxTokensOf(wanted, context.limits, "max_tokens");
    const logprobs = request.logprobs ?? undefined;
    const choices = request.n ?? 1;
    const textOf = (prompt: string | readonly number[]) =>
      typeof prompt === "string" ? prompt : tokenizer.decode(prompt);
    return answerCompletion(c, context, {
      prompts: prompts.map((prompt) => (typeof prompt === "string" ? tokenizer.encode(prompt) : prompt)),
      ...{ served, choices, shape },
      stream: request.stream ?? false,
      includeUsage: request.stream_options?.include_usage ?? false,
      begun: request.echo ? (choice) => textOf(prompts[Math.floor(choice / choices)]!) : undefined,
      optionsOf: (choice) => ({ ...common, maxTokens, logprobs, seed: seedOf(request, choice) }),
    });
  });
}

function checkFields({ echo, logprobs, best_of, n, stream, stream_options }: CompletionRequest): void {
  const refused = (param: string, message: string) =>
    new Problem({ status: 400, code: "argument-invalid", message, param });
  if (echo && typeof logprobs === "number")
    throw refused("logprobs", "The server has no logprobs of an echoed prompt.");
  if (typeof best_of === "number" && best_of !== (n ?? 1)) throw refused("best_of", "best_of can only be n.");
  if (stream_options && stream !== true) throw refused("stream_options", "stream_options needs stream: true.");
}

function promptsOf(prompt: CompletionRequest["prompt"]): readonly (string | readonly number[])[] {
  if (typeof prompt === "string") return [prompt];
  return typeof prompt[0] === "number" ? [prompt as number[]] : (prompt as (string | number[])[]);
}
