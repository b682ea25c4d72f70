import { readFile } from "node:fs/promises";
import { UsageError } from "../exit-codes.ts";

/** The keys of options, file and environment together. @throws UsageError for a file that cannot be read or holds none */
export async function readApiKeys(
  { apiKey = [], apiKeyFile }: { readonly apiKey?: readonly string[]; readonly apiKeyFile?: string },
  { BAYLING_API_KEY: variable = "" }: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const keys = [...apiKey, ...variable.split(/\s+/)];
  if (apiKeyFile !== undefined) {
    const text = await readFile(apiKeyFile, "utf8").catch((cause: unknown) => {
      throw new UsageError(`--api-key-file: ${apiKeyFile} cannot be read`, { cause });
    });
    const read = text.split(/\s+/).filter((key) => key !== "");
    // Without this, an empty file would open the door.
    if (read.length === 0) throw new UsageError(`--api-key-file: ${apiKeyFile} holds no key`);
    keys.push(...read);
  }
  return [...new Set(keys.filter((key) => key !== ""))];
}
