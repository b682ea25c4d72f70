import { type ApiFamily, createRoutes } from "../routes.ts";
import { chatRoutes } from "./chat-routes.ts";
import { completionRoutes } from "./completion-routes.ts";
import { modelRoutes } from "./model-routes.ts";
import { openAiError } from "./openai-error.ts";

/** What clients of OpenAI's API speak. */
export const openAiApi: ApiFamily = {
  paths: ["/v1/"],
  routes(context) {
    const routes = createRoutes();
    for (const make of [modelRoutes, chatRoutes, completionRoutes]) routes.route("/", make(context));
    return routes;
  },
  formatProblem: openAiError,
};
