import { OpenAPIHono } from "@hono/zod-openapi";
import { Problem, type ProblemStatus } from "./problem.ts";
import type { RequestNotes } from "./request-report.ts";
import type { ServerContext } from "./server-context.ts";

/** What the server has found out about a request before an endpoint sees it. */
export interface RequestEnv {
  readonly Variables: {
    /** Who asks, for `admission.enter`. */
    readonly client: string;
    /** When it came, by `performance.now()`. */
    readonly began: number;
    /** For the log and the metrics. */
    readonly notes: RequestNotes;
  };
}

export type Routes = OpenAPIHono<RequestEnv>;

/** Endpoints that share a way to say errors. */
export interface ApiFamily {
  /** How their paths begin: they answer for errors of these. The longest that fits counts. */
  readonly paths: readonly string[];
  /** The field of the body that may hold the key, where clients send no header. */
  readonly keyField?: string | undefined;
  routes(context: ServerContext): Routes;
  /** The body of an error, as clients of this family expect it. */
  formatProblem(problem: Problem): object;
  /** Default: the problem's own. */
  statusOf?(problem: Problem): ProblemStatus;
}

/** An empty module of routes. A body that its schema refuses is a {@link Problem} 400 that names the field. */
export function createRoutes(): Routes {
  return new OpenAPIHono<RequestEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const { issues } = result.error;
      throw invalidRequest(issues[0]!);
    },
  });
}

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  /** What each alternative has to say. */
  readonly errors?: readonly (readonly Issue[])[];
}

/** What a schema has to say about a request. */
export function invalidRequest(issue: Issue): Problem {
  const { code, path, message, keys } = innermost(issue);
  const unknown = code === "unrecognized_keys" ? keys?.[0]?.slice(0, 100) : undefined;
  const param = pathText(unknown === undefined ? path : [...path, unknown]);
  return new Problem({
    status: 400,
    code: unknown === undefined ? "argument-invalid" : "unknown-argument",
    message: unknown === undefined ? `${param}: ${message}` : `There is no argument ${param}.`,
    param,
  });
}

/** Of alternatives, what is wrong with the one that fits best: the place that lies deepest. */
function innermost(issue: Issue): Issue {
  const inner = (issue.errors ?? [])
    .flatMap(([first]) => (first === undefined ? [] : [innermost({ ...first, path: [...issue.path, ...first.path] })]))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
  return inner !== undefined && inner.path.length > issue.path.length ? inner : issue;
}

/** `messages[0].content` */
function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text.replace(/^\./, "") || "body";
}
