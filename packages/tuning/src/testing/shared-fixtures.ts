import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../../shared/", import.meta.url));

/** Path of a file in the optional `shared` folder beside the repository; `undefined`, said once, when it is not there. */
export function sharedFixture(path: string): string | undefined {
  const file = `${root}${path}`;
  if (existsSync(file)) return file;
  console.warn(`skipped: ../shared/${path} is not here`);
  return undefined;
}
