import { type Requirements, translate } from "@bayling/core/interaction";
import { createRoute, z } from "@hono/zod-openapi";
import { Problem } from "../problem.ts";
import { createRoutes, type Routes } from "../routes.ts";
import type { ServerContext } from "../server-context.ts";
import { TextField } from "../translation/fields.ts";
import { parseLanguageCode } from "../translation/language-codes.ts";
import { readFields } from "../translation/read-fields.ts";
import { jsonContent } from "../translation/route-content.ts";
import { findSourceLanguage } from "../translation/source-language.ts";
import { openTranslator, profileOf } from "../translation/text-translation.ts";
import { sessionFailures } from "./session-failures.ts";
import { turnFields } from "./session-fields.ts";
import type { SessionStore } from "./session-store.ts";
import { describeSession, describeVersion, SessionObject, VersionObject } from "./session-view.ts";
import { answerWork } from "./session-work.ts";
import { checkRoom, runTurn, sequencesFor, turnOptions } from "./turn-work.ts";

const terms = z.array(TextField).min(1);
const bound = z.int().min(1).optional();

/** What is asked of every translation from the beginning, as core's acts ask for it later. */
const requirements = {
  glossary: z.array(z.strictObject({ source: TextField, targets: z.union([TextField, terms]) })).optional(),
  include: z
    .array(z.union([TextField, terms]))
    .optional()
    .describe("terms, or several forms of one"),
  forbid: z.array(TextField).optional().describe("terms"),
  length: z.strictObject({ unit: z.enum(["words", "characters"]), least: bound, most: bound }).optional(),
  register: z.enum(["formal", "informal"]).optional(),
  formats: z.string().optional().describe("the locale whose numbers and dates are wanted"),
};

const CreateFields = z
  .strictObject({
    text: TextField.check(z.minLength(1)),
    to: z.string().describe("code of a language"),
    from: z.string().optional().describe("default: the text shows it"),
    model: z.string().optional().describe("one of /v1/models; without it, the first"),
    translate: z.boolean().default(true).describe("translate at once"),
    ...requirements,
    ...turnFields,
  })
  .openapi("TranslationSessionRequest");

const EditFields = z.strictObject({ translation: TextField }).openapi("TranslationEdit");
const CheckoutFields = z.strictObject({ version: z.int().min(0) }).openapi("TranslationCheckout");

const params = z.object({ id: z.string() });
const path = "/v1/translations/{id}";
const sessionAnswer = { description: "The session", content: jsonContent(SessionObject) };
const body = (schema: z.ZodType) => ({ required: true, content: jsonContent(schema) });
const events = { "text/event-stream": { schema: z.string() } };

const move = (name: "undo" | "redo", summary: string) =>
  createRoute({
    ...{ method: "post", path: `${path}/${name}`, operationId: `${name}Translation`, summary },
    ...{ request: { params }, responses: { 200: sessionAnswer, ...sessionFailures } },
  } as const);

const described = [
  createRoute({
    method: "post",
    path: "/v1/translations",
    operationId: "createTranslation",
    summary: "Opens a session on a text, and translates it",
    request: { body: body(CreateFields) },
    responses: {
      201: {
        description: "The session; with `stream`, events `session`, `text` and `done`",
        content: { ...jsonContent(SessionObject), ...events },
      },
      ...sessionFailures,
    },
  }),
  createRoute({
    method: "get",
    path: "/v1/translations",
    operationId: "listTranslations",
    summary: "Your sessions",
    responses: {
      200: { description: "All", content: jsonContent(z.object({ data: z.array(SessionObject) })) },
      401: sessionFailures[401],
    },
  }),
  createRoute({
    method: "get",
    path,
    operationId: "getTranslation",
    summary: "A session with all its versions",
    request: { params },
    responses: { 200: sessionAnswer, ...sessionFailures },
  }),
  createRoute({
    method: "delete",
    path,
    operationId: "deleteTranslation",
    summary: "Ends a session",
    request: { params },
    responses: { 204: { description: "It is gone" }, ...sessionFailures },
  }),
  createRoute({
    method: "post",
    path: `${path}/edit`,
    operationId: "editTranslation",
    summary: "Puts a person's translation in place of the model's; later turns go on from it",
    request: { params, body: body(EditFields) },
    responses: { 201: { description: "The version", content: jsonContent(VersionObject) }, ...sessionFailures },
  }),
  createRoute({
    method: "post",
    path: `${path}/checkout`,
    operationId: "checkoutTranslation",
    summary: "Goes to a version: what is asked for next begins a branch there",
    request: { params, body: body(CheckoutFields) },
    responses: { 200: sessionAnswer, ...sessionFailures },
  }),
  move("undo", "Back to the version before"),
  move("redo", "Forth again, along the branch that was left last"),
];

/** Sessions, and what moves in them without a model. */
export function sessionRoutes(context: ServerContext, store: SessionStore): Routes {
  const routes = createRoutes();
  for (const route of described) routes.openAPIRegistry.registerPath(route);

  routes.post("/v1/translations", async (c) => {
    const fields = await readFields(c, CreateFields);
    checkText(fields.text, context);
    const { client, notes } = c.var;
    const served = context.models.get(fields.model);
    const to = parseLanguageCode(fields.to, "to");
    const from =
      fields.from === undefined ? findSourceLanguage(fields.text, to).language : parseLanguageCode(fields.from, "from");
    const beams = Math.max(1, Math.min(profileOf(served).decoding.beams ?? 1, context.admission.maxConcurrent - 1));
    const translator = await openTranslator(served, { from, to }, beams);
    const session = translator.open(fields.text, { requirements: toRequirements(fields) });
    const kept = store.add({ owner: client, served, session, beams });
    const location = { Location: `/v1/translations/${kept.id}` };
    if (!fields.translate) return c.json(describeSession(kept, store), 201, location);
    const end = store.begin(client, kept.id, "turn");
    c.header("Location", location.Location);
    return answerWork(c, context, {
      sequences: sequencesFor(kept, fields),
      stream: fields.stream,
      status: 201,
      async run(signal, send) {
        const turn = session.apply(translate(), turnOptions(fields, kept, context, signal));
        await runTurn(turn, { context, notes, served, send, first: { type: "session", id: kept.id } });
        return describeSession(kept, store);
      },
      settle(failed) {
        end();
        if (failed) store.discard(kept.id);
      },
    });
  });

  routes.get("/v1/translations", (c) => {
    return c.json({ data: store.list(c.var.client).map((kept) => describeSession(kept, store)) });
  });

  routes.get("/v1/translations/:id", (c) => c.json(describeSession(store.get(c.var.client, c.req.param("id")), store)));

  routes.delete("/v1/translations/:id", (c) => {
    store.delete(c.var.client, c.req.param("id"));
    return c.body(null, 204);
  });

  routes.post("/v1/translations/:id/edit", async (c) => {
    const { translation } = await readFields(c, EditFields);
    checkText(translation, context);
    const version = store.whileIdle(c.var.client, c.req.param("id"), (kept) => {
      checkRoom(kept);
      return kept.session.edit(translation);
    });
    return c.json(describeVersion(version), 201);
  });

  routes.post("/v1/translations/:id/checkout", async (c) => {
    const { version } = await readFields(c, CheckoutFields);
    const moved = store.whileIdle(c.var.client, c.req.param("id"), (kept) => {
      kept.session.goTo(version);
      return describeSession(kept, store);
    });
    return c.json(moved);
  });

  for (const name of ["undo", "redo"] as const) {
    routes.post(`/v1/translations/:id/${name}`, (c) => {
      const moved = store.whileIdle(c.var.client, c.req.param("id"), (kept) => {
        kept.session[name]();
        return describeSession(kept, store);
      });
      return c.json(moved);
    });
  }
  return routes;
}

function checkText(text: string, { limits }: ServerContext): void {
  if (text.length <= limits.promptCharacters) return;
  const message = `The text has ${text.length} characters, and one request may have ${limits.promptCharacters}.`;
  throw new Problem({ status: 413, code: "text-too-long", message });
}

/** What the fields ask for, as core's state has it; what they hold is for core to check. */
function toRequirements(fields: z.output<typeof CreateFields>): Requirements {
  const { glossary = [], include = [], forbid = [], length, register, formats } = fields;
  return {
    glossary: glossary.map(({ source, targets }) => ({ source, targets: [targets].flat() })),
    required: include.map((forms) => ({ forms: [forms].flat() })),
    forbidden: forbid.map((term) => ({ term })),
    ...(length !== undefined && { length }),
    ...(register !== undefined && { register }),
    ...(formats !== undefined && { formats }),
  };
}
