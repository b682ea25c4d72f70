import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import { Access, type AccessOptions } from "./access.ts";
import { Admission } from "./admission.ts";
import { deepLApi } from "./deepl/deepl-api.ts";
import { libreTranslateApi } from "./libre-translate/libre-translate-api.ts";
import { completeLimits, type GivenLimits } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { type ModelInput, ServedModels } from "./models.ts";
import { openAiApi } from "./openai/openai-api.ts";
import { addDocument } from "./openapi-document.ts";
import { Problem, toProblem } from "./problem.ts";
import { keyInBody, limitBody, limitDepth } from "./request-body.ts";
import type { RequestNotes, RequestReport } from "./request-report.ts";
import { type ApiFamily, createRoutes, type RequestEnv } from "./routes.ts";
import type { ServerContext } from "./server-context.ts";
import { statusRoutes } from "./status-routes.ts";
import { translationSessionsApi } from "./translation-sessions/translation-sessions-api.ts";

export interface ServerOptions extends AccessOptions {
  /** What is served; the first answers where a request names none. They stay yours: dispose them after the server. */
  readonly models: readonly ModelInput[];
  readonly limits?: GivenLimits | undefined;
  /** Sequences that may be in use at once. Default: as many as the models have; of several models the least. */
  readonly maxConcurrent?: number | undefined;
  /** Called when an answer has ended, for a log; must not throw. */
  readonly onRequest?: ((report: RequestReport) => void) | undefined;
}

/** What a host may tell of a request besides itself: Node's adapter does. */
interface HostBindings {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string | undefined } };
}

/** A server of models without a socket: any host that speaks web-standard requests can take it. */
export interface Server {
  readonly context: ServerContext;
  /** Whether requests need a key. */
  readonly guarded: boolean;
  /** What can be called: `POST /v1/chat/completions`. */
  readonly endpoints: readonly string[];
  /** Answers a request. Never rejects. @param bindings of the host: where the client's address is */
  fetch(request: Request, bindings?: object): Promise<Response>;
  /**
   * Takes nothing new, refuses what waits, and resolves when what runs is done; once the signal fires, that is ended too.
   * May be called several times.
   */
  stop(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

/** The one that answers for unknown paths is the first. */
export const families: readonly ApiFamily[] = [openAiApi, translationSessionsApi, deepLApi, libreTranslateApi];

/**
 * Puts a server together.
 * @throws BayLingError `argument-invalid`, `template-invalid`
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const models = await ServedModels.from(options.models);
  const limits = completeLimits(options.limits);
  const most = Math.min(...models.all.map(({ model }) => model.capabilities.maxSequences));
  const admission = new Admission({
    maxConcurrent: Math.max(1, Math.min(options.maxConcurrent ?? most, most)),
    maxQueued: limits.queue,
    seconds: limits.requestSeconds,
  });
  const metrics = new Metrics(admission);
  const onStop: (() => void | Promise<void>)[] = [];
  const access = new Access(options);
  const context: ServerContext = {
    ...{ models, limits, admission, metrics, guarded: access.guarded },
    onStop: (dispose) => onStop.push(dispose),
  };
  const app = createRoutes();

  app.use(async (c, next) => {
    const id = crypto.randomUUID();
    const began = performance.now();
    const notes: RequestNotes = {};
    c.set("began", began);
    c.set("notes", notes);
    c.set("client", "unknown");
    await next();
    c.header("X-Request-Id", id);
    const report = () => {
      const milliseconds = performance.now() - began;
      const route = routeOf(c);
      const { status } = c.res;
      metrics.answered(route, status, milliseconds);
      const { model, usage, problem, cause } = notes;
      const { client } = c.var;
      const seconds = milliseconds / 1000;
      options.onRequest?.({ id, method: c.req.method, route, status, seconds, client, model, usage, problem, cause });
    };
    if (notes.finished === undefined) report();
    else void notes.finished.then(report);
  });
  app.use(access.origin());
  app.use(limitBody(limits));
  app.use(async (c, next) => {
    if (c.req.path === "/health") return next();
    const header = c.req.header("authorization");
    const { keyField } = familyOf(c.req.path);
    const field =
      access.guarded && header === undefined && keyField !== undefined ? await keyInBody(c, keyField) : undefined;
    const address = (c.env as HostBindings | undefined)?.incoming?.socket?.remoteAddress;
    c.set("client", access.identify(header, address, field));
    return next();
  });
  app.use(limitDepth(limits));
  app.onError((error, c) => answerProblem(toProblem(error), c));
  app.notFound((c) => answerProblem(notFound(), c));
  app.route("/", statusRoutes(context));
  for (const family of families) app.route("/", family.routes(context));
  addDocument(app, access.guarded);

  let stopping: Promise<void> | undefined;
  return {
    context,
    guarded: access.guarded,
    endpoints: [...new Set(app.routes.filter(isEndpoint).map(({ method, path }) => `${method} ${path}`))],
    fetch: async (request, bindings) => app.fetch(request, bindings),
    stop({ signal } = {}) {
      stopping ??= admission.close().then(async () => {
        await Promise.allSettled(onStop.map(async (dispose) => dispose()));
      });
      if (signal?.aborted) admission.abort();
      signal?.addEventListener("abort", () => admission.abort(), { once: true });
      return stopping;
    },
  };
}

function answerProblem(problem: Problem, c: Context<RequestEnv>): Response {
  const notes = c.get("notes");
  notes.problem = problem.code;
  if (problem.status === 500) notes.cause = problem.cause;
  if (problem.retryAfter !== undefined) c.header("Retry-After", String(problem.retryAfter));
  if (problem.status === 401) c.header("WWW-Authenticate", "Bearer");
  // Nobody reads the rest of it: the connection cannot serve another request.
  if (problem.code === "body-too-long") c.header("Connection", "close");
  const family = familyOf(c.req.path);
  // 499 is what nobody reads, and no status that can be sent.
  const status = family.statusOf?.(problem) ?? problem.status;
  return c.json(family.formatProblem(problem), status === 499 ? 408 : status);
}

function familyOf(path: string): ApiFamily {
  let best: { readonly family: ApiFamily; readonly length: number } = { family: families[0]!, length: 0 };
  for (const family of families) {
    for (const start of family.paths) {
      if (start.length > best.length && path.startsWith(start)) best = { family, length: start.length };
    }
  }
  return best.family;
}

function notFound(): Problem {
  return new Problem({
    status: 404,
    code: "route-not-found",
    message: "There is no such endpoint, or not for this method.",
  });
}

function routeOf(c: Context): string {
  return matchedRoutes(c).findLast(isEndpoint)?.path ?? "other";
}

/** Middleware is for all methods, endpoints are for one. */
function isEndpoint({ method }: { readonly method: string }): boolean {
  return method !== "ALL";
}
