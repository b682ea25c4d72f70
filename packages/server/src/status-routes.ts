import { createRoute, z } from "@hono/zod-openapi";
import { createRoutes, type Routes } from "./routes.ts";
import type { ServerContext } from "./server-context.ts";

const Health = z
  .object({
    status: z.enum(["ready", "busy", "stopping"]),
    running: z.int().describe("requests that work"),
    waiting: z.int().describe("requests that wait for a place"),
  })
  .openapi("Health");

const content = { "application/json": { schema: Health } };

const health = createRoute({
  method: "get",
  path: "/health",
  operationId: "getHealth",
  summary: "Whether the server takes requests; needs no key",
  responses: {
    200: { description: "It does; `busy` when the next has to wait", content },
    503: { description: "It is about to stop", content },
  },
});

const metrics = createRoute({
  method: "get",
  path: "/metrics",
  operationId: "getMetrics",
  summary: "Counters for Prometheus",
  responses: { 200: { description: "Metrics", content: { "text/plain": { schema: z.string() } } } },
});

/** How the server is. */
export function statusRoutes({ admission, metrics: { registry } }: ServerContext): Routes {
  return createRoutes()
    .openapi(health, (c) => {
      const { running, queued: waiting } = admission;
      if (admission.closed) return c.json({ status: "stopping" as const, running, waiting }, 503);
      return c.json({ status: admission.busy ? ("busy" as const) : ("ready" as const), running, waiting }, 200);
    })
    .openapi(metrics, async (c) => c.text(await registry.metrics(), 200, { "Content-Type": registry.contentType }));
}
