import { createRoute, z } from "@hono/zod-openapi";
import type { Routes } from "./routes.ts";

const route = createRoute({
  method: "get",
  path: "/openapi.json",
  operationId: "getOpenApiDocument",
  summary: "This description, OpenAPI 3.1",
  responses: { 200: { description: "The document", content: { "application/json": { schema: z.looseObject({}) } } } },
});

const info = {
  title: "BayLing",
  version: "1",
  description:
    "A language model over HTTP: chats and completions as OpenAI's clients ask for them, translations as DeepL's and " +
    "LibreTranslate's do, and sessions of interactive translation.",
};

/**
 * Adds `/openapi.json`, made of the schemas that requests are checked with. Belongs behind all other routes.
 * @param guarded whether requests need a key
 */
export function addDocument(app: Routes, guarded: boolean): void {
  app.openAPIRegistry.registerPath(route);
  app.openAPIRegistry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer" });
  let document: object | undefined;
  app.get("/openapi.json", (c) => {
    document ??= app.getOpenAPI31Document({ openapi: "3.1.0", info, security: guarded ? [{ key: [] }] : [] });
    return c.json(document);
  });
}
