import { z } from "@hono/zod-openapi";
import { jsonContent } from "../translation/route-content.ts";

const FailureObject = z.object({ message: z.string() }).openapi("DeepLError");

interface Failure {
  readonly description: string;
  readonly content: ReturnType<typeof jsonContent>;
}

/** How DeepL's endpoints refuse. */
export const deepLFailures: Readonly<Record<400 | 403 | 404 | 413 | 429, Failure>> = {
  400: { description: "The request says what cannot be done", content: jsonContent(FailureObject) },
  403: { description: "The key is missing or not known", content: jsonContent(FailureObject) },
  404: { description: "There is no such thing", content: jsonContent(FailureObject) },
  413: { description: "There is more than one request may have", content: jsonContent(FailureObject) },
  429: { description: "Too many requests wait; see Retry-After", content: jsonContent(FailureObject) },
};
