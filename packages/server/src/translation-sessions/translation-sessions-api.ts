import { type ApiFamily, createRoutes } from "../routes.ts";
import { sessionRoutes } from "./session-routes.ts";
import { SessionStore } from "./session-store.ts";
import { formatSessionProblem } from "./session-work.ts";
import { turnRoutes } from "./turn-routes.ts";

/** Interactive translation: sessions of core, over HTTP. */
export const translationSessionsApi: ApiFamily = {
  paths: ["/v1/translations"],
  routes(context) {
    const { sessions, sessionSeconds } = context.limits;
    const store = new SessionStore({ most: sessions, seconds: sessionSeconds });
    context.onStop(() => store.dispose());
    const routes = createRoutes();
    routes.route("/", sessionRoutes(context, store));
    routes.route("/", turnRoutes(context, store));
    return routes;
  },
  formatProblem: formatSessionProblem,
};
