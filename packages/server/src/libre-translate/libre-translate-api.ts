import type { Problem } from "../problem.ts";
import type { ApiFamily } from "../routes.ts";
import { libreTranslateRoutes } from "./libre-translate-routes.ts";

/** What clients of LibreTranslate speak. */
export const libreTranslateApi: ApiFamily = {
  paths: ["/translate", "/detect", "/languages", "/frontend/settings"],
  keyField: "api_key",
  routes: libreTranslateRoutes,
  formatProblem: ({ message }: Problem) => ({ error: message }),
  // It knows no 401, and no bodies that are too long.
  statusOf: ({ status }: Problem) => (status === 401 ? 403 : status === 413 ? 400 : status),
};
