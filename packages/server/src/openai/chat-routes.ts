import { createRoute, z } from "@hono/zod-openapi";
import type { ServedModel } from "../models.ts";
import { Problem } from "../problem.ts";
import { createRoutes, type Routes } from "../routes.ts";
import type { ServerContext } from "../server-context.ts";
import { chatPrompt, replyStops } from "./chat-prompt.ts";
import { answerCompletion } from "./completion-task.ts";
import type { CompletionShape } from "./completion-writers.ts";
import { generationFields, seedOf, toGenerateOptions } from "./generation-fields.ts";
import { checkPromptLength, maxTokensOf } from "./request-limits.ts";
import { chatLogprobs } from "./token-logprobs.ts";

const textPart = z.strictObject({ type: z.literal("text", "only parts of text are supported"), text: z.string() });
const content = z.union([z.string(), z.array(textPart).min(1)]);

const Message = z
  .discriminatedUnion("role", [
    z.strictObject({ role: z.enum(["system", "developer", "user"]), content, name: z.string().nullish() }),
    z.strictObject({
      role: z.literal("assistant"),
      content,
      name: z.string().nullish(),
      // What comes back with a message of ours; it has none of them.
      refusal: z.null().optional(),
      audio: z.null().optional(),
      function_call: z.null().optional(),
      tool_calls: z.array(z.unknown()).max(0, "tools are not supported").nullish(),
      annotations: z.array(z.unknown()).nullish(),
    }),
  ])
  .openapi("ChatMessage");

const ChatRequest = z
  .strictObject({
    ...generationFields,
    messages: z.array(Message).min(1).describe("when the last is the assistant's, the model goes on with it"),
    max_completion_tokens: z.int().min(1).nullish().describe("the newer name of max_tokens"),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    modalities: z.array(z.literal("text", "only text is supported")).nullish(),
    metadata: z.record(z.string(), z.string()).nullish().describe("without effect"),
    store: z.boolean().nullish().describe("without effect: nothing is stored"),
    service_tier: z.string().nullish().describe("without effect"),
    safety_identifier: z.string().nullish().describe("without effect"),
    prompt_cache_key: z.string().nullish().describe("without effect: prompts that begin alike are found by themselves"),
  })
  .openapi("ChatCompletionRequest");

type ChatRequest = z.infer<typeof ChatRequest>;

const route = createRoute({
  method: "post",
  path: "/v1/chat/completions",
  operationId: "createChatCompletion",
  summary: "Writes the next message of a dialogue, as OpenAI's API does",
  request: { body: { required: true, content: { "application/json": { schema: ChatRequest } } } },
  responses: {
    200: {
      description: "The message; with `stream`, its pieces as they are written",
      content: {
        "application/json": { schema: z.looseObject({}) },
        "text/event-stream": { schema: z.string() },
      },
    },
  },
});

export function chatRoutes(context: ServerContext): Routes {
  return createRoutes().openapi(route, async (c) => {
    const request = c.req.valid("json");
    const served = context.models.get(request.model ?? undefined);
    const { model } = served;
    checkFields(request);
    checkPromptLength(
      request.messages.map(({ content }) => content),
      "messages",
      context.limits,
    );
    const prompt = await chatPrompt(served, request.messages);
    const fields = { ...request, max_tokens: request.max_completion_tokens ?? request.max_tokens };
    const common = toGenerateOptions(fields, model.contextLength);
    const maxTokens = maxTokensOf(
      fields,
      context.limits,
      request.max_completion_tokens ? "max_completion_tokens" : "max_tokens",
    );
    const stops = replyStops(served, common.stop);
    const logprobs = request.logprobs ? (request.top_logprobs ?? 0) : undefined;
    return answerCompletion(c, context, {
      ...{ served, prompts: [prompt], choices: request.n ?? 1, shape: shapeFor(served) },
      stream: request.stream ?? false,
      includeUsage: request.stream_options?.include_usage ?? false,
      dropsSpace: served.template.spaceBeforeReply,
      optionsOf: (choice) => ({ ...common, ...stops, maxTokens, logprobs, seed: seedOf(request, choice) }),
    });
  });
}

function checkFields({ logprobs, top_logprobs, stream, stream_options }: ChatRequest): void {
  const needs = (param: string, what: string) =>
    new Problem({ status: 400, code: "argument-invalid", message: `${param} needs ${what}.`, param });
  if (typeof top_logprobs === "number" && logprobs !== true) throw needs("top_logprobs", "logprobs: true");
  if (stream_options && stream !== true) throw needs("stream_options", "stream: true");
}

function shapeFor({ model: { tokenizer } }: ServedModel): CompletionShape {
  return {
    prefix: "chatcmpl",
    object: "chat.completion",
    chunkObject: "chat.completion.chunk",
    whole: ({ index, text, tokens, finishReason }) => ({
      index,
      message: { role: "assistant", content: text, refusal: null },
      logprobs: tokens.length > 0 ? chatLogprobs(tokens, tokenizer) : null,
      finish_reason: finishReason,
    }),
    piece: ({ index, text, tokens, offset, finishReason }) => ({
      index,
      delta: { ...(offset === 0 && { role: "assistant" }), ...((text !== "" || offset === 0) && { content: text }) },
      logprobs: tokens.length > 0 ? chatLogprobs(tokens, tokenizer) : null,
      finish_reason: finishReason,
    }),
  };
}
