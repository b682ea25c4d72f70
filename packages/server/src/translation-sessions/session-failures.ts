import { z } from "@hono/zod-openapi";
import { jsonContent } from "../translation/route-content.ts";

const FailureObject = z
  .object({ error: z.object({ code: z.string(), message: z.string(), param: z.string().optional() }) })
  .openapi("TranslationError");

interface Failure {
  readonly description: string;
  readonly content: ReturnType<typeof jsonContent>;
}

/** How endpoints of sessions refuse. */
export const sessionFailures: Readonly<Record<400 | 401 | 404 | 409 | 410 | 429, Failure>> = {
  400: { description: "The request says what cannot be done", content: jsonContent(FailureObject) },
  401: { description: "The key is missing or not known", content: jsonContent(FailureObject) },
  404: { description: "There is no such session of yours", content: jsonContent(FailureObject) },
  409: { description: "Another turn of the session runs", content: jsonContent(FailureObject) },
  410: {
    description: "The session was deleted, not used for too long, or made way for others",
    content: jsonContent(FailureObject),
  },
  429: { description: "Too many requests wait; see Retry-After", content: jsonContent(FailureObject) },
};
