import { writeFileSync } from "node:fs";
import path from "node:path";
import { temporaryFolder } from "../../testing/temporary-folder.ts";

/** Writes files into a folder that is gone after the tests. @returns their paths */
export function temporaryFiles(): (name: string, content: string | Uint8Array) => string {
  const folder = temporaryFolder();
  return (name, content) => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return file;
  };
}

/** All that comes, and what it ends with. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<{ items: Item[]; error: unknown }> {
  const all: Item[] = [];
  try {
    for await (const item of items) all.push(item);
  } catch (error) {
    return { items: all, error };
  }
  return { items: all, error: undefined };
}
