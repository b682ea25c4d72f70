import { createRoute, z } from "@hono/zod-openapi";
import { Problem } from "../problem.ts";
import { createRoutes, type Routes } from "../routes.ts";
import { deepLFailures } from "./deepl-failures.ts";

const refusals = [
  ["/v2/document", "deepLUploadDocument", z.object({})],
  ["/v2/document/{document_id}", "deepLDocumentStatus", z.object({ document_id: z.string() })],
  ["/v2/document/{document_id}/result", "deepLDocumentResult", z.object({ document_id: z.string() })],
] as const;

/** DeepL's documents, which there are none of: a client that asks for them is told so by name. */
export function documentRoutes(): Routes {
  const routes = createRoutes();
  for (const [path, operationId, params] of refusals) {
    const summary = "Refused: this server translates texts, no documents";
    const responses = { 400: deepLFailures[400], 403: deepLFailures[403] };
    routes.openAPIRegistry.registerPath(
      createRoute({ method: "post", path, operationId, summary, request: { params }, responses }),
    );
    routes.post(path.replace(/\{(\w+)\}/g, ":$1"), () => {
      const message = "Documents (/v2/document) are not supported: send their texts to /v2/translate.";
      throw new Problem({ status: 400, code: "documents-unsupported", message });
    });
  }
  return routes;
}
