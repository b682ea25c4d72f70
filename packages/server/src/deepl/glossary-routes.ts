import { createRoute, z } from "@hono/zod-openapi";
import { createRoutes, type Routes } from "../routes.ts";
import type { ServerContext } from "../server-context.ts";
import { TextField } from "../translation/fields.ts";
import { readFields } from "../translation/read-fields.ts";
import { jsonContent, jsonOrFormBody } from "../translation/route-content.ts";
import { profileOf } from "../translation/text-translation.ts";
import { deepLFailures } from "./deepl-failures.ts";
import { glossaryLanguage, sourceLanguages } from "./deepl-languages.ts";
import type { Glossaries, Glossary } from "./glossaries.ts";
import { formatEntries, parseEntries } from "./glossary-entries.ts";

const GlossaryObject = z
  .object({
    glossary_id: z.string(),
    name: z.string(),
    ready: z.boolean(),
    source_lang: z.string(),
    target_lang: z.string(),
    creation_time: z.string(),
    entry_count: z.int(),
  })
  .openapi("DeepLGlossary");

const CreateFields = z
  .object({
    name: TextField.check(z.minLength(1), z.maxLength(1024)),
    source_lang: z.string(),
    target_lang: z.string(),
    entries: z.string(),
    entries_format: z.enum(["tsv", "csv"]),
  })
  .openapi("DeepLGlossaryRequest");

const params = z.object({ glossary_id: z.string() });
const path = "/v2/glossaries/{glossary_id}";

const described = [
  createRoute({
    method: "post",
    path: "/v2/glossaries",
    operationId: "deepLCreateGlossary",
    summary: "Keeps terms for a pair of languages, until the server ends",
    request: jsonOrFormBody(CreateFields),
    responses: { 201: { description: "The glossary", content: jsonContent(GlossaryObject) }, ...deepLFailures },
  }),
  createRoute({
    method: "get",
    path: "/v2/glossaries",
    operationId: "deepLListGlossaries",
    summary: "Your glossaries",
    responses: {
      200: { description: "All of one pair", content: jsonContent(z.object({ glossaries: z.array(GlossaryObject) })) },
      403: deepLFailures[403],
    },
  }),
  createRoute({
    method: "get",
    path,
    operationId: "deepLGetGlossary",
    summary: "A glossary without its entries",
    request: { params },
    responses: { 200: { description: "The glossary", content: jsonContent(GlossaryObject) }, ...deepLFailures },
  }),
  createRoute({
    method: "get",
    path: `${path}/entries`,
    operationId: "deepLGetGlossaryEntries",
    summary: "The entries of a glossary",
    request: { params },
    responses: {
      200: {
        description: "A line each, term and translation apart by a tab",
        content: { "text/tab-separated-values": { schema: z.string() } },
      },
      ...deepLFailures,
    },
  }),
  createRoute({
    method: "delete",
    path,
    operationId: "deepLDeleteGlossary",
    summary: "Forgets a glossary",
    request: { params },
    responses: { 204: { description: "It is gone" }, ...deepLFailures },
  }),
  createRoute({
    method: "get",
    path: "/v2/glossary-language-pairs",
    operationId: "deepLGlossaryLanguagePairs",
    summary: "Pairs of languages that glossaries may have",
    responses: {
      200: {
        description: "All",
        content: jsonContent(
          z.object({ supported_languages: z.array(z.object({ source_lang: z.string(), target_lang: z.string() })) }),
        ),
      },
    },
  }),
] as const;

/** Glossaries of one pair of languages. */
export function glossaryRoutes({ models }: ServerContext, glossaries: Glossaries): Routes {
  const routes = createRoutes();
  for (const route of described) routes.openAPIRegistry.registerPath(route);

  routes.post("/v2/glossaries", async (c) => {
    const fields = await readFields(c, CreateFields);
    const dictionary = {
      from: glossaryLanguage(fields.source_lang, "source_lang"),
      to: glossaryLanguage(fields.target_lang, "target_lang"),
      entries: parseEntries(fields.entries, fields.entries_format, "entries"),
    };
    return c.json(describe(glossaries.create(c.var.client, fields.name, [dictionary])), 201);
  });

  routes.get("/v2/glossaries", (c) => {
    // Those of several pairs are for v3 to list.
    const ofOnePair = glossaries.list(c.var.client).filter(({ dictionaries }) => dictionaries.length === 1);
    return c.json({ glossaries: ofOnePair.map(describe) });
  });

  routes.get("/v2/glossaries/:id", (c) => c.json(describe(glossaries.get(c.var.client, c.req.param("id")))));

  routes.get("/v2/glossaries/:id/entries", (c) => {
    const { dictionaries } = glossaries.get(c.var.client, c.req.param("id"));
    const type = "text/tab-separated-values; charset=utf-8";
    return c.body(formatEntries(dictionaries[0]?.entries ?? []), 200, { "Content-Type": type });
  });

  routes.delete("/v2/glossaries/:id", (c) => {
    glossaries.delete(c.var.client, c.req.param("id"));
    return c.body(null, 204);
  });

  routes.get("/v2/glossary-language-pairs", (c) => {
    const languages = sourceLanguages(profileOf(models.default)).map(({ language }) => language.toLowerCase());
    const pairs = languages.flatMap((source_lang) => {
      return languages.filter((each) => each !== source_lang).map((target_lang) => ({ source_lang, target_lang }));
    });
    return c.json({ supported_languages: pairs });
  });
  return routes;
}

function describe({ id, name, created, dictionaries }: Glossary): z.infer<typeof GlossaryObject> {
  const dictionary = dictionaries[0];
  return {
    ...{ glossary_id: id, name, ready: true, creation_time: created.toISOString() },
    ...{ source_lang: dictionary?.from ?? "", target_lang: dictionary?.to ?? "" },
    entry_count: dictionary?.entries.length ?? 0,
  };
}
