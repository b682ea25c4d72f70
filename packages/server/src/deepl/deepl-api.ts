import type { Problem } from "../problem.ts";
import { type ApiFamily, createRoutes } from "../routes.ts";
import { documentRoutes } from "./document-routes.ts";
import { Glossaries } from "./glossaries.ts";
import { glossaryRoutes } from "./glossary-routes.ts";
import { multilingualGlossaryRoutes } from "./multilingual-glossary-routes.ts";
import { translateRoutes } from "./translate-routes.ts";
import { Usage } from "./usage.ts";

/** What clients of DeepL's API speak. */
export const deepLApi: ApiFamily = {
  paths: ["/v2/", "/v3/"],
  keyField: "auth_key",
  routes(context) {
    const glossaries = new Glossaries();
    const routes = createRoutes();
    routes.route("/", translateRoutes(context, glossaries, new Usage()));
    routes.route("/", glossaryRoutes(context, glossaries));
    routes.route("/", multilingualGlossaryRoutes(glossaries));
    routes.route("/", documentRoutes());
    return routes;
  },
  formatProblem: ({ message }: Problem) => ({ message }),
  statusOf: ({ status }: Problem) => (status === 401 ? 403 : status),
};
