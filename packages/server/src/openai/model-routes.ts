import { createRoute, z } from "@hono/zod-openapi";
import type { ServedModel } from "../models.ts";
import { createRoutes, type Routes } from "../routes.ts";
import type { ServerContext } from "../server-context.ts";

const ModelObject = z
  .object({
    id: z.string(),
    object: z.literal("model"),
    created: z.int(),
    owned_by: z.string(),
    context_length: z.int().describe("tokens that a prompt and its answer have room for"),
  })
  .openapi("Model");

const list = createRoute({
  method: "get",
  path: "/v1/models",
  operationId: "listModels",
  summary: "The models that are served",
  responses: {
    200: {
      description: "All of them",
      content: { "application/json": { schema: z.object({ object: z.literal("list"), data: z.array(ModelObject) }) } },
    },
  },
});

const one = createRoute({
  method: "get",
  path: "/v1/models/{id}",
  operationId: "getModel",
  summary: "One of the models that are served",
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: { description: "The model", content: { "application/json": { schema: ModelObject } } } },
});

export function modelRoutes({ models }: ServerContext): Routes {
  return createRoutes()
    .openapi(list, (c) => c.json({ object: "list" as const, data: models.all.map(describe) }, 200))
    .openapi(one, (c) => c.json(describe(models.get(c.req.valid("param").id)), 200));
}

function describe({ id, created, model }: ServedModel): z.infer<typeof ModelObject> {
  return { id, object: "model", created, owned_by: "bayling", context_length: model.contextLength };
}
