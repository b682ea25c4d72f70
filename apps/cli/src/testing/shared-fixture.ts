import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Path of a file in the optional `shared` folder beside the repository; `undefined`, said once, when it is not there. */
export function sharedFixture(name: string): string | undefined {
  const file = fileURLToPath(new URL(`../../../../../shared/${name}`, import.meta.url));
  if (existsSync(file)) return file;
  console.warn(`skipped: ../shared/${name} is not here`);
  return undefined;
}
