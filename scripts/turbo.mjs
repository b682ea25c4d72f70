import { turbo } from "./lib/turbo.mjs";

process.exitCode = await turbo(process.argv.slice(2));
