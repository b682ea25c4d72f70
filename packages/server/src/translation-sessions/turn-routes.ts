import { type Act, actFromJson, builtInActs, parseCommand } from "@bayling/core/interaction";
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { createRoutes, invalidRequest, type RequestEnv, type Routes } from "../routes.ts";
import type { ServerContext } from "../server-context.ts";
import { TextField } from "../translation/fields.ts";
import { readFields } from "../translation/read-fields.ts";
import { jsonContent } from "../translation/route-content.ts";
import { sessionFailures } from "./session-failures.ts";
import { type TurnFields, turnFields } from "./session-fields.ts";
import type { SessionStore } from "./session-store.ts";
import { describeVersion, VersionObject } from "./session-view.ts";
import { answerWork } from "./session-work.ts";
import { checkRoom, runTurn, sequencesFor, turnOptions } from "./turn-work.ts";

/** A command is a line that a person types. */
const longestCommand = 10_000;
const mostAlternatives = 20;
/** Words that core completes at the same time, and the sequence that it scores with. */
const alternativesSequences = 5;

const prefix = TextField.optional().describe("how the translation begins, byte for byte");

const ActFields = z
  .strictObject({
    act: z
      .looseObject({ kind: z.string() })
      .optional()
      .describe(`kind, one of ${builtInActs.map(({ kind }) => kind).join(", ")}, and the fields of the act`),
    command: TextField.check(z.minLength(1), z.maxLength(longestCommand))
      .optional()
      .describe("the act as a person types it: `/shorten 10 words`, or `make it formal`"),
    prefix,
    ...turnFields,
  })
  .refine(({ act, command }) => (act === undefined) !== (command === undefined), "needs either act or command")
  .openapi("TranslationAct");

const RegenerateFields = z.strictObject({ prefix, ...turnFields }).openapi("TranslationRegeneration");

const SuggestFields = z
  .strictObject({
    typed: TextField.describe("what a person has written so far"),
    max_tokens: z.int().min(1).max(1000).optional().describe("default 12"),
    stream: turnFields.stream,
  })
  .openapi("TranslationSuggestionRequest");

const SuggestionObject = z
  .object({
    continuation: z.string().describe("follows the last typed character"),
    superseded: z.boolean().describe("a later request took its place"),
  })
  .openapi("TranslationSuggestion");

const WordObject = z
  .object({
    text: z.string(),
    start: z.int().describe("in UTF-16 units"),
    end: z.int(),
    logprob: z.number(),
    confidence: z.number().describe("of its least probable token, 0 to 1"),
  })
  .openapi("TranslationWord");

const AlternativeObject = z
  .object({
    text: z.string(),
    prefix: z.string().describe("to regenerate with, when the word is taken"),
    probability: z.number(),
  })
  .openapi("TranslationWordAlternative");

const params = z.object({ id: z.string() });
const AlternativesQuery = z.object({ count: z.coerce.number().int().min(1).max(mostAlternatives).default(5) });
const WordIndex = z.coerce.number().int().min(0);
const path = "/v1/translations/{id}";
const answer = (description: string, schema: z.ZodType) => ({
  description: `${description}; with \`stream\`, events \`text\` and \`done\``,
  content: { ...jsonContent(schema), "text/event-stream": { schema: z.string() } },
});
const body = (schema: z.ZodType) => ({ required: true, content: jsonContent(schema) });

const described = [
  createRoute({
    method: "post",
    path: `${path}/acts`,
    operationId: "actOnTranslation",
    summary: "Asks for something: an act of core's by name, or as a person types it",
    request: { params, body: body(ActFields) },
    responses: { 201: answer("The version that it made", VersionObject), ...sessionFailures },
  }),
  createRoute({
    method: "post",
    path: `${path}/regenerate`,
    operationId: "regenerateTranslation",
    summary: "Asks for the current translation again, or as it goes on from other words",
    request: { params, body: body(RegenerateFields) },
    responses: { 201: answer("A sibling of the current version", VersionObject), ...sessionFailures },
  }),
  createRoute({
    method: "post",
    path: `${path}/suggest`,
    operationId: "suggestTranslation",
    summary: "How a translation may go on that a person types; a later request ends it",
    request: { params, body: body(SuggestFields) },
    responses: { 200: answer("The suggestion", SuggestionObject), ...sessionFailures },
  }),
  createRoute({
    method: "get",
    path: `${path}/words`,
    operationId: "scoreTranslationWords",
    summary: "The words of the current translation, with how sure the model is of each",
    request: { params },
    responses: {
      200: { description: "Words", content: jsonContent(z.object({ data: z.array(WordObject) })) },
      ...sessionFailures,
    },
  }),
  createRoute({
    method: "get",
    path: `${path}/words/{index}/alternatives`,
    operationId: "listWordAlternatives",
    summary: "Other words in the place of one",
    request: { params: params.extend({ index: z.string() }), query: AlternativesQuery },
    responses: {
      200: {
        description: "The most probable first",
        content: jsonContent(z.object({ data: z.array(AlternativeObject) })),
      },
      ...sessionFailures,
    },
  }),
];

/** What a session asks its model for. */
export function turnRoutes(context: ServerContext, store: SessionStore): Routes {
  const routes = createRoutes();
  for (const route of described) routes.openAPIRegistry.registerPath(route);

  /** Has the session for itself until it is done. */
  const answerTurn = (
    c: Context<RequestEnv, "/:id">,
    fields: TurnFields & { readonly prefix?: string | undefined },
    act: Act | undefined,
  ): Promise<Response> => {
    const { client, notes } = c.var;
    const kept = store.get(client, c.req.param("id"));
    checkRoom(kept);
    const { session, served } = kept;
    return answerWork(c, context, {
      sequences: sequencesFor(kept, fields),
      stream: fields.stream,
      status: 201,
      async run(signal, send) {
        const options = turnOptions(fields, kept, context, signal);
        const turn = act === undefined ? session.regenerate(options) : session.apply(act, options);
        return describeVersion(await runTurn(turn, { context, notes, served, send }));
      },
      settle: store.begin(client, kept.id, "turn"),
    });
  };

  routes.post("/v1/translations/:id/acts", async (c) => {
    const fields = await readFields(c, ActFields);
    return answerTurn(c, fields, fields.act === undefined ? parseCommand(fields.command!) : actFromJson(fields.act));
  });

  routes.post("/v1/translations/:id/regenerate", async (c) => {
    return answerTurn(c, await readFields(c, RegenerateFields), undefined);
  });

  routes.post("/v1/translations/:id/suggest", async (c) => {
    const { typed, max_tokens: maxTokens, stream } = await readFields(c, SuggestFields);
    const { client, notes } = c.var;
    const { id, session, served, gone } = store.get(client, c.req.param("id"));
    notes.model = served.id;
    return answerWork(c, context, {
      ...{ sequences: 1, stream, status: 200 },
      run: (signal, send) => {
        const onText = (continuation: string) => void send({ type: "text", continuation });
        return session.suggest(typed, { signal: AbortSignal.any([signal, gone]), maxTokens, onText });
      },
      settle: store.begin(client, id, "suggestion"),
    });
  });

  routes.get("/v1/translations/:id/words", (c) => {
    const { client, notes } = c.var;
    const { id, session, served, gone } = store.get(client, c.req.param("id"));
    notes.model = served.id;
    return answerWork(c, context, {
      ...{ sequences: 1, stream: false, status: 200 },
      async run(signal) {
        const words = await session.words({ signal: AbortSignal.any([signal, gone]) });
        return {
          data: words.map(({ text, start, end, logprob, confidence }) => ({ text, start, end, logprob, confidence })),
        };
      },
      settle: store.begin(client, id, "turn"),
    });
  });

  routes.get("/v1/translations/:id/words/:index/alternatives", (c) => {
    const { client, notes } = c.var;
    const query = z.object({ index: WordIndex, ...AlternativesQuery.shape });
    const parsed = query.safeParse({ index: c.req.param("index"), ...c.req.query() });
    if (!parsed.success) throw invalidRequest(parsed.error.issues[0]!);
    const { index, count } = parsed.data;
    const { id, session, served, gone } = store.get(client, c.req.param("id"));
    notes.model = served.id;
    return answerWork(c, context, {
      ...{ sequences: Math.min(alternativesSequences, context.admission.maxConcurrent), stream: false, status: 200 },
      async run(signal) {
        return { data: await session.alternatives(index, { count, signal: AbortSignal.any([signal, gone]) }) };
      },
      settle: store.begin(client, id, "turn"),
    });
  });
  return routes;
}
