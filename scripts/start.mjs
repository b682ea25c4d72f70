/**
 * `npm start -- model.gguf`: sets up, then chats with the model. All arguments go to `bayling chat`, which says how to
 * get a model when none is named.
 */
import "./lib/node-version.mjs";
import path from "node:path";
import { root } from "./lib/paths.mjs";
import { runNode } from "./lib/run.mjs";
import { setUp } from "./setup.mjs";

await setUp();
process.exitCode = await runNode(path.join(root, "apps/cli/dist/bayling.js"), ["chat", ...process.argv.slice(2)], {
  // npm runs scripts in the root; a relative path of the person's means the folder they typed it in.
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
