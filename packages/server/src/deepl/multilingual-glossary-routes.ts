import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { Problem } from "../problem.ts";
import { createRoutes, type RequestEnv, type Routes } from "../routes.ts";
import { TextField } from "../translation/fields.ts";
import { readFields } from "../translation/read-fields.ts";
import { jsonContent, jsonOrFormBody } from "../translation/route-content.ts";
import { deepLFailures } from "./deepl-failures.ts";
import { glossaryLanguage } from "./deepl-languages.ts";
import { type Dictionary, dictionaryFor, type Glossaries, type Glossary } from "./glossaries.ts";
import { formatEntries, parseEntries } from "./glossary-entries.ts";

const DictionaryObject = z
  .object({ source_lang: z.string(), target_lang: z.string(), entry_count: z.int() })
  .openapi("DeepLDictionary");

const GlossaryObject = z
  .object({
    glossary_id: z.string(),
    name: z.string(),
    creation_time: z.string(),
    dictionaries: z.array(DictionaryObject),
  })
  .openapi("DeepLMultilingualGlossary");

const DictionaryFields = z
  .object({
    source_lang: z.string(),
    target_lang: z.string(),
    entries: z.string(),
    entries_format: z.enum(["tsv", "csv"]),
  })
  .openapi("DeepLDictionaryRequest");

const NameField = TextField.check(z.minLength(1), z.maxLength(1024));
const dictionaries = z.array(DictionaryFields).min(1).max(1000);

/** In a form a field of a dictionary is called `dictionaries[0].source_lang`. */
const unflattened = <Schema extends z.ZodType>(schema: Schema) => z.preprocess(unflatten, schema);

const CreateFields = z.object({ name: NameField, dictionaries }).openapi("DeepLMultilingualGlossaryRequest");
const ChangeFields = z
  .object({ name: NameField.optional(), dictionaries: dictionaries.optional() })
  .openapi("DeepLMultilingualGlossaryChange");

const PairFields = z.object({ source_lang: z.string(), target_lang: z.string() });
const params = z.object({ glossary_id: z.string() });
const path = "/v3/glossaries/{glossary_id}";
const glossaryAnswer = { description: "The glossary", content: jsonContent(GlossaryObject) };

const described = [
  createRoute({
    method: "post",
    path: "/v3/glossaries",
    operationId: "deepLCreateMultilingualGlossary",
    summary: "Keeps terms for several pairs of languages, until the server ends",
    request: jsonOrFormBody(CreateFields),
    responses: { 201: glossaryAnswer, ...deepLFailures },
  }),
  createRoute({
    method: "get",
    path: "/v3/glossaries",
    operationId: "deepLListMultilingualGlossaries",
    summary: "Your glossaries",
    responses: {
      200: { description: "All", content: jsonContent(z.object({ glossaries: z.array(GlossaryObject) })) },
      403: deepLFailures[403],
    },
  }),
  createRoute({
    method: "get",
    path,
    operationId: "deepLGetMultilingualGlossary",
    summary: "A glossary without its entries",
    request: { params },
    responses: { 200: glossaryAnswer, ...deepLFailures },
  }),
  createRoute({
    method: "patch",
    path,
    operationId: "deepLChangeMultilingualGlossary",
    summary: "Gives a glossary another name, or adds entries to its dictionaries",
    request: { params, ...jsonOrFormBody(ChangeFields) },
    responses: { 200: glossaryAnswer, ...deepLFailures },
  }),
  createRoute({
    method: "delete",
    path,
    operationId: "deepLDeleteMultilingualGlossary",
    summary: "Forgets a glossary",
    request: { params },
    responses: { 204: { description: "It is gone" }, ...deepLFailures },
  }),
  createRoute({
    method: "get",
    path: `${path}/entries`,
    operationId: "deepLGetMultilingualGlossaryEntries",
    summary: "The entries of a dictionary",
    request: { params, query: PairFields },
    responses: {
      200: {
        description: "The dictionary",
        content: jsonContent(
          z.object({
            dictionaries: z.array(
              DictionaryFields.omit({ entries_format: true }).extend({ entries_format: z.literal("tsv") }),
            ),
          }),
        ),
      },
      ...deepLFailures,
    },
  }),
  createRoute({
    method: "put",
    path: `${path}/dictionaries`,
    operationId: "deepLReplaceDictionary",
    summary: "Puts a dictionary in the place of the one for the same languages",
    request: { params, ...jsonOrFormBody(DictionaryFields) },
    responses: { 200: { description: "The dictionary", content: jsonContent(DictionaryObject) }, ...deepLFailures },
  }),
  createRoute({
    method: "delete",
    path: `${path}/dictionaries`,
    operationId: "deepLDeleteDictionary",
    summary: "Forgets a dictionary",
    request: { params, query: PairFields },
    responses: { 204: { description: "It is gone" }, ...deepLFailures },
  }),
] as const;

/** Glossaries with a dictionary for each pair of languages. */
export function multilingualGlossaryRoutes(glossaries: Glossaries): Routes {
  const routes = createRoutes();
  for (const route of described) routes.openAPIRegistry.registerPath(route);
  const find = (c: Context<RequestEnv, "/:id">) => glossaries.get(c.var.client, c.req.param("id"));
  const change = (glossary: Glossary, changed: Partial<Pick<Glossary, "name" | "dictionaries">>) =>
    glossaries.change(glossary.owner, glossary.id, changed);

  routes.post("/v3/glossaries", async (c) => {
    const fields = await readFields(c, unflattened(CreateFields));
    const made = fields.dictionaries.reduce<readonly Dictionary[]>(merged, []);
    return c.json(describe(glossaries.create(c.var.client, fields.name, made)), 201);
  });

  routes.get("/v3/glossaries", (c) => c.json({ glossaries: glossaries.list(c.var.client).map(describe) }));
  routes.get("/v3/glossaries/:id", (c) => c.json(describe(find(c))));

  routes.patch("/v3/glossaries/:id", async (c) => {
    const glossary = find(c);
    const { name = glossary.name, dictionaries: added = [] } = await readFields(c, unflattened(ChangeFields));
    return c.json(describe(change(glossary, { name, dictionaries: added.reduce(merged, glossary.dictionaries) })));
  });

  routes.delete("/v3/glossaries/:id", (c) => {
    glossaries.delete(c.var.client, c.req.param("id"));
    return c.body(null, 204);
  });

  routes.get("/v3/glossaries/:id/entries", (c) => {
    const { from, to, entries } = pairOf(find(c), c.req.query());
    const dictionary = { source_lang: from, target_lang: to, entries: formatEntries(entries), entries_format: "tsv" };
    return c.json({ dictionaries: [dictionary] });
  });

  routes.put("/v3/glossaries/:id/dictionaries", async (c) => {
    const glossary = find(c);
    const dictionary = read(await readFields(c, DictionaryFields));
    change(glossary, { dictionaries: [...without(glossary.dictionaries, dictionary), dictionary] });
    return c.json(describeDictionary(dictionary));
  });

  routes.delete("/v3/glossaries/:id/dictionaries", (c) => {
    const glossary = find(c);
    change(glossary, { dictionaries: without(glossary.dictionaries, pairOf(glossary, c.req.query())) });
    return c.body(null, 204);
  });
  return routes;
}

/** The dictionary that a query names. @throws Problem 400, 404 */
function pairOf(glossary: Glossary, query: Readonly<Record<string, string>>): Dictionary {
  const { source_lang: from = "", target_lang: to = "" } = query;
  const languages = [glossaryLanguage(from, "source_lang"), glossaryLanguage(to, "target_lang")] as const;
  const found = dictionaryFor(glossary, ...languages);
  if (found !== undefined) return found;
  throw new Problem({ status: 404, code: "dictionary-not-found", message: "Dictionary not found" });
}

function without(dictionaries: readonly Dictionary[], { from, to }: Dictionary): readonly Dictionary[] {
  return dictionaries.filter((each) => each.from !== from || each.to !== to);
}

/** Dictionaries and the entries of one more: of a term that both have, the new translation counts. */
function merged(known: readonly Dictionary[], fields: z.output<typeof DictionaryFields>): readonly Dictionary[] {
  const added = read(fields);
  const same = known.find(({ from, to }) => from === added.from && to === added.to);
  const terms = new Map([...(same?.entries ?? []), ...added.entries].map((entry) => [entry.source, entry]));
  return [...without(known, added), { ...added, entries: [...terms.values()] }];
}

function read({ source_lang, target_lang, entries, entries_format }: z.output<typeof DictionaryFields>): Dictionary {
  return {
    from: glossaryLanguage(source_lang, "source_lang"),
    to: glossaryLanguage(target_lang, "target_lang"),
    entries: parseEntries(entries, entries_format, "entries"),
  };
}

function unflatten(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Object.hasOwn(body, "dictionaries")) return body;
  const flat = Object.entries(body).flatMap(([key, value]) => {
    const [, index, field] = /^dictionaries\[(\d{1,3})\]\.(\w+)$/.exec(key) ?? [];
    return field === undefined ? [] : [{ index: index!, field, value }];
  });
  if (flat.length === 0) return body;
  const indices = [...new Set(flat.map(({ index }) => index))];
  const found = indices.map((index) => {
    const fields = flat.filter((each) => each.index === index);
    return Object.fromEntries(fields.map(({ field, value }) => [field, value]));
  });
  return { ...body, dictionaries: found };
}

function describe({ id, name, created, dictionaries: all }: Glossary): z.infer<typeof GlossaryObject> {
  const creation_time = created.toISOString();
  return { glossary_id: id, name, creation_time, dictionaries: all.map(describeDictionary) };
}

function describeDictionary({ from, to, entries }: Dictionary): z.infer<typeof DictionaryObject> {
  return { source_lang: from, target_lang: to, entry_count: entries.length };
}
