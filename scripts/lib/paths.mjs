import path from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Where scripts put what they make on the way. Ignored by git, and gone with node_modules. */
export const cache = path.join(root, "node_modules/.cache/bayling");
