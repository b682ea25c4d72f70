import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { writeDurably } from "../assembly/durable-file.ts";
import type { Teacher, TeacherReply, TeacherRequest } from "./teacher.ts";

const schema = z.object({
  text: z.string(),
  promptTokens: z.number().nonnegative(),
  completionTokens: z.number().nonnegative(),
});

/**
 * Replies on disk, each a file under the hash of what was asked of whom. So what was paid for is never paid for twice, and
 * a run that is repeated gets the same replies.
 */
export class ReplyCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** SHA-256 in hexadecimal digits. */
  static key({ name, settings }: Teacher, request: TeacherRequest): string {
    return createHash("sha256").update(JSON.stringify({ name, settings, request })).digest("hex");
  }

  /** A file that cannot be read counts as none: the question is asked again. */
  get(key: string): TeacherReply | undefined {
    try {
      return schema.parse(JSON.parse(readFileSync(this.#file(key), "utf8")));
    } catch {
      return undefined;
    }
  }

  /** @throws BayLingError `sink-unwritable` */
  set(key: string, reply: TeacherReply): void {
    writeDurably(this.#file(key), `${JSON.stringify(reply)}\n`);
  }

  #file(key: string): string {
    return path.join(this.#folder, key.slice(0, 2), `${key}.json`);
  }
}
