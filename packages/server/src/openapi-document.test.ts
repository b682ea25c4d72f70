import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { families } from "./server.ts";
import { statusRoutes } from "./status-routes.ts";
import { serveTinyModel, type TinyServer } from "./testing/serve-tiny-model.ts";

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly responses: Record<string, { readonly description?: string }>;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
}

interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: Record<string, Record<string, object>>;
}

let tiny: TinyServer;
let document: Document;
beforeAll(async () => {
  tiny = await serveTinyModel();
  document = (await (await fetch(`${tiny.url}/openapi.json`)).json()) as Document;
});
afterAll(async () => tiny[Symbol.asyncDispose]());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

describe("/openapi.json", () => {
  it("is an OpenAPI 3.1 document with an operation for each endpoint of the server", () => {
    expect(document).toMatchObject({ openapi: "3.1.0", info: { title: "BayLing", version: expect.any(String) } });
    const named = (method: string, path: string) => `${method.toUpperCase()} ${path.replace(/:\w+|\{\w+\}/g, "{}")}`;
    const { context } = tiny.server;
    const routes = [statusRoutes(context), ...families.map((family) => family.routes(context))].flatMap(
      (app) => app.routes,
    );
    const endpoints = routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => named(method, path));
    const documented = operations().map(({ method, path }) => named(method, path));
    expect(documented.sort()).toEqual([...new Set(endpoints), "GET /openapi.json"].sort());
    expect(documented.length).toBeGreaterThan(35);
  });

  it("names each operation once, says what it does, and what it answers", () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation } of operations()) {
      expect(operation.summary).toMatch(/./);
      expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
      for (const { description } of Object.values(operation.responses)) expect(description).toMatch(/./);
    }
  });

  it("says every parameter of a path", () => {
    for (const { path, operation } of operations()) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const given = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
      expect(given.map(({ name }) => name)).toEqual(wanted);
      expect(given.every(({ required }) => required === true)).toBe(true);
    }
  });

  it("refers to nothing that is not there", () => {
    const references: string[] = [];
    JSON.stringify(document, (key, value: unknown) => {
      if (key === "$ref") references.push(value as string);
      return value;
    });
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      const found = reference
        .split("/")
        .slice(1)
        .reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], document);
      expect(found, reference).toBeTypeOf("object");
    }
  });

  it("describes bodies by the fields that are checked", () => {
    const schemas = document.components.schemas as Record<string, { properties: object; required: readonly string[] }>;
    expect(schemas.DeepLTranslateRequest).toMatchObject({
      properties: { tag_handling: { enum: ["xml", "html"] }, formality: { default: "default" } },
      required: ["text", "target_lang"],
    });
    expect(schemas.LibreTranslateRequest!.required).toEqual(["q", "source", "target"]);
    expect(schemas.TranslationSessionRequest!.required).toEqual(["text", "to"]);
  });

  it("says that a key is needed, and needs one itself, where the server does", async () => {
    const guarded = await serveTinyModel({ apiKeys: ["a-key-for-tests"] });
    const headers = { Authorization: "Bearer a-key-for-tests" };
    expect((await fetch(`${guarded.url}/openapi.json`)).status).toBe(401);
    expect(await (await fetch(`${guarded.url}/openapi.json`, { headers })).json()).toMatchObject({
      security: [{ key: [] }],
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
    });
    await guarded[Symbol.asyncDispose]();
  });
});
