import { access, constants } from "node:fs/promises";
import { BayLingError } from "@bayling/core";
import { filesOf, type PrepareOptions } from "@bayling/tuning";

/** Sees that what is going to be read is there, before anything is begun anew. @throws BayLingError `source-not-found` */
export async function requireFiles({ inputs, contamination }: Omit<PrepareOptions, "workFolder">): Promise<void> {
  for (const file of [...inputs.flatMap(filesOf), ...(contamination?.files ?? [])]) {
    try {
      await access(file, constants.R_OK);
    } catch (cause) {
      throw new BayLingError("source-not-found", {
        source: file,
        problem: "the file cannot be read",
        received: (cause as NodeJS.ErrnoException).code,
        cause,
      });
    }
  }
}
