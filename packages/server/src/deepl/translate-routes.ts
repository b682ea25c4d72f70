import type { GlossaryEntry } from "@bayling/core/interaction";
import { createRoute, z } from "@hono/zod-openapi";
import { Problem } from "../problem.ts";
import { createRoutes, invalidRequest, type Routes } from "../routes.ts";
import type { ServerContext } from "../server-context.ts";
import { baseOf, parseLanguageCode } from "../translation/language-codes.ts";
import { readFields } from "../translation/read-fields.ts";
import { jsonContent, jsonOrFormBody } from "../translation/route-content.ts";
import { followsInstructions, profileOf, translateTexts } from "../translation/text-translation.ts";
import { deepLFailures } from "./deepl-failures.ts";
import { sourceLanguages, targetLanguages } from "./deepl-languages.ts";
import { dictionaryFor, type Glossaries } from "./glossaries.ts";
import { formatOf, registerOf, TranslateFields, type TranslateRequest } from "./translate-fields.ts";
import type { Usage } from "./usage.ts";

const Translation = z
  .object({
    detected_source_language: z.string(),
    text: z.string(),
    billed_characters: z.int().optional(),
    tag_handling_version: z.string().optional(),
  })
  .openapi("DeepLTranslation");

const translateRoute = createRoute({
  method: "post",
  path: "/v2/translate",
  operationId: "deepLTranslate",
  summary: "Translates texts, as DeepL does",
  request: jsonOrFormBody(TranslateFields),
  responses: {
    200: { description: "One for each text", content: jsonContent(z.object({ translations: z.array(Translation) })) },
    ...deepLFailures,
  },
});

const usageRoute = createRoute({
  method: "get",
  path: "/v2/usage",
  operationId: "deepLUsage",
  summary: "Characters that were translated since the server began",
  responses: {
    200: {
      description: "The limit is none: DeepL says so with 1,000,000,000,000",
      content: jsonContent(z.object({ character_count: z.int(), character_limit: z.int() })),
    },
    403: deepLFailures[403],
  },
});

const LanguagesQuery = z.object({ type: z.enum(["source", "target"]).default("source") });

const languagesRoute = createRoute({
  method: "get",
  path: "/v2/languages",
  operationId: "deepLLanguages",
  summary: "The languages that are offered",
  request: { query: LanguagesQuery },
  responses: {
    200: {
      description: "Languages",
      content: jsonContent(
        z.array(z.object({ language: z.string(), name: z.string(), supports_formality: z.boolean().optional() })),
      ),
    },
    ...deepLFailures,
  },
});

const unlimited = 1_000_000_000_000;

export function translateRoutes(context: ServerContext, glossaries: Glossaries, usage: Usage): Routes {
  const routes = createRoutes();
  const { models } = context;
  for (const route of [translateRoute, usageRoute, languagesRoute]) routes.openAPIRegistry.registerPath(route);

  routes.post("/v2/translate", async (c) => {
    const request = await readFields(c, TranslateFields);
    const { client, notes } = c.var;
    const served = models.default;
    const order = {
      texts: request.text,
      from: request.source_lang === undefined ? undefined : parseLanguageCode(request.source_lang, "source_lang"),
      to: parseLanguageCode(request.target_lang, "target_lang"),
      format: formatOf(request),
      glossary: glossaryOf(request, glossaries, client),
      register: registerOf(request, followsInstructions(served)),
      instructions: request.custom_instructions,
      context: request.context,
    };
    if (order.instructions !== undefined && !followsInstructions(served)) {
      const message = "'custom_instructions' is not supported: the model was taught to translate only.";
      throw new Problem({ status: 400, code: "capability-missing", message, param: "custom_instructions" });
    }
    const translated = await translateTexts(context, served, order, { client, notes, signal: c.req.raw.signal });
    const characters = request.text.map((text) => Array.from(text).length);
    usage.add(
      client,
      characters.reduce((sum, count) => sum + count),
    );
    return c.json({
      translations: translated.map(({ text, source }, index) => ({
        detected_source_language: baseOf(source.language).toUpperCase(),
        text,
        ...(request.show_billed_characters && { billed_characters: characters[index] }),
        ...(request.tag_handling !== undefined && { tag_handling_version: request.tag_handling_version }),
      })),
    });
  });

  routes.get("/v2/usage", (c) => {
    return c.json({ character_count: usage.of(c.var.client), character_limit: unlimited });
  });

  routes.get("/v2/languages", (c) => {
    const parsed = LanguagesQuery.safeParse(c.req.query());
    if (!parsed.success) throw invalidRequest(parsed.error.issues[0]!);
    const profile = profileOf(models.default);
    if (parsed.data.type === "source") return c.json(sourceLanguages(profile));
    const supports_formality = followsInstructions(models.default);
    return c.json(targetLanguages(profile).map((language) => ({ ...language, supports_formality })));
  });
  return routes;
}

/** The terms for the languages of a request; of terms that several glossaries have, the first counts. */
function glossaryOf(request: TranslateRequest, glossaries: Glossaries, owner: string): readonly GlossaryEntry[] {
  const { glossary_id: id, glossary_ids: others = [] } = request;
  const ids = id === undefined ? others : [id, ...others];
  if (ids.length === 0) return [];
  if (request.source_lang === undefined) {
    const message = "A glossary needs 'source_lang'.";
    throw new Problem({ status: 400, code: "argument-invalid", message, param: "source_lang" });
  }
  const from = baseOf(parseLanguageCode(request.source_lang, "source_lang"));
  const to = baseOf(parseLanguageCode(request.target_lang, "target_lang"));
  const terms = new Map<string, GlossaryEntry>();
  for (const each of ids) {
    const dictionary = dictionaryFor(glossaries.get(owner, each), from, to);
    if (dictionary === undefined) {
      const message = "The glossary has no dictionary for 'source_lang' and 'target_lang'.";
      throw new Problem({ status: 400, code: "dictionary-not-found", message, param: "glossary_id" });
    }
    for (const entry of dictionary.entries) if (!terms.has(entry.source)) terms.set(entry.source, entry);
  }
  return [...terms.values()];
}
