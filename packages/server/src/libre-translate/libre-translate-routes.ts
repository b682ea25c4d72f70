import { languageName } from "@bayling/core/interaction";
import { createRoute, z } from "@hono/zod-openapi";
import { createRoutes, type Routes } from "../routes.ts";
import type { ServerContext } from "../server-context.ts";
import { TextField } from "../translation/fields.ts";
import { languagesOf, parseLanguageCode } from "../translation/language-codes.ts";
import type { TextFormat } from "../translation/markup/translate-markup.ts";
import { readFields } from "../translation/read-fields.ts";
import { jsonContent, jsonOrFormBody } from "../translation/route-content.ts";
import { findSourceLanguage, type SourceLanguage } from "../translation/source-language.ts";
import { profileOf, type TranslatedText, translateTexts } from "../translation/text-translation.ts";

const mostAlternatives = 10;

const TranslateFields = z
  .object({
    q: z.union([TextField.check(z.minLength(1)), z.array(TextField).min(1)]).describe("one text, or several"),
    source: z.string().describe("code of a language, or `auto`"),
    target: z.string().describe("code of a language"),
    format: z.enum(["text", "html"]).default("text"),
    alternatives: z.coerce.number().int().min(0).max(mostAlternatives).default(0).describe("other translations wanted"),
    api_key: z.string().optional().describe("where no header holds it"),
  })
  .openapi("LibreTranslateRequest");

const Detected = z
  .object({ confidence: z.number().describe("100 where the text shows its language, else 0"), language: z.string() })
  .openapi("DetectedLanguage");

const ofEach = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.array(schema)]);

const Translated = z
  .object({
    translatedText: ofEach(z.string()),
    detectedLanguage: ofEach(Detected).optional(),
    alternatives: ofEach(z.array(z.string())).optional(),
  })
  .openapi("LibreTranslateResponse");

const DetectFields = z
  .object({ q: TextField.check(z.minLength(1)), api_key: z.string().optional() })
  .openapi("DetectRequest");

const Failure = z.object({ error: z.string() }).openapi("LibreTranslateError");

const failures = {
  400: { description: "The request says what cannot be done", content: jsonContent(Failure) },
  403: { description: "The key is missing or not known", content: jsonContent(Failure) },
  429: { description: "Too many requests wait; see Retry-After", content: jsonContent(Failure) },
};

const translateRoute = createRoute({
  method: "post",
  path: "/translate",
  operationId: "libreTranslate",
  summary: "Translates texts, as LibreTranslate does",
  request: jsonOrFormBody(TranslateFields),
  responses: { 200: { description: "The translations", content: jsonContent(Translated) }, ...failures },
});

const detectRoute = createRoute({
  method: "post",
  path: "/detect",
  operationId: "libreTranslateDetect",
  summary: "Says which language a text is in",
  request: jsonOrFormBody(DetectFields),
  responses: { 200: { description: "The likeliest language", content: jsonContent(z.array(Detected)) }, ...failures },
});

const languagesRoute = createRoute({
  method: "get",
  path: "/languages",
  operationId: "libreTranslateLanguages",
  summary: "The languages that are offered",
  responses: {
    200: {
      description: "Each may be translated into all others",
      content: jsonContent(z.array(z.object({ code: z.string(), name: z.string(), targets: z.array(z.string()) }))),
    },
  },
});

const settingsRoute = createRoute({
  method: "get",
  path: "/frontend/settings",
  operationId: "libreTranslateSettings",
  summary: "What a page that translates has to know",
  responses: { 200: { description: "Settings", content: jsonContent(z.looseObject({})) } },
});

export function libreTranslateRoutes(context: ServerContext): Routes {
  const routes = createRoutes();
  const { models, limits } = context;
  for (const route of [translateRoute, detectRoute, languagesRoute, settingsRoute]) {
    routes.openAPIRegistry.registerPath(route);
  }

  routes.post("/translate", async (c) => {
    const { q, source, target, format, alternatives } = await readFields(c, TranslateFields);
    const { client, notes } = c.var;
    const order = {
      texts: typeof q === "string" ? [q] : q,
      from: source === "auto" ? undefined : parseLanguageCode(source, "source"),
      to: parseLanguageCode(target, "target"),
      format: formats[format],
      alternatives,
    };
    const translated = await translateTexts(context, models.default, order, {
      client,
      notes,
      signal: c.req.raw.signal,
    });
    const each = <Value>(value: (text: TranslatedText) => Value) =>
      typeof q === "string" ? value(translated[0]!) : translated.map(value);
    return c.json({
      translatedText: each(({ text }) => text),
      ...(source === "auto" && { detectedLanguage: each((text) => describe(text.source)) }),
      ...(alternatives > 0 && { alternatives: each((text) => text.alternatives) }),
    });
  });

  routes.post("/detect", async (c) => {
    const { q } = await readFields(c, DetectFields);
    return c.json([describe(findSourceLanguage(q))]);
  });

  routes.get("/languages", (c) => {
    const targets = languagesOf(profileOf(models.default));
    return c.json(targets.map((code) => ({ code, name: languageName(code, "en"), targets })));
  });

  routes.get("/frontend/settings", (c) => {
    const [source, target] = languagesOf(profileOf(models.default)).map((code) => {
      return { code, name: languageName(code, "en") };
    });
    return c.json({
      ...{ apiKeys: context.guarded, keyRequired: context.guarded, suggestions: false, filesTranslation: false },
      ...{ charLimit: limits.promptCharacters, frontendTimeout: 500, supportedFilesFormat: [] },
      language: { source: { code: "auto", name: "Auto Detect" }, target: target ?? source },
    });
  });
  return routes;
}

const formats: Readonly<Record<"text" | "html", TextFormat>> = {
  text: { splitting: "lines" },
  html: { splitting: "sentences", markup: { language: "html" } },
};

function describe({ language, isCertain }: SourceLanguage): z.infer<typeof Detected> {
  return { confidence: isCertain ? 100 : 0, language };
}
