import type { FieldPath, JsonlInput } from "../bitext-input.ts";
import type { PairOrigin, SentencePair } from "../sentence-pair.ts";
import type { OpenSourceFile, PairDefaults } from "../source-file.ts";

/** Reads pairs from JSON objects, one a line. */
export async function* readJsonl(
  input: JsonlInput,
  defaults: PairDefaults,
  open: OpenSourceFile,
): AsyncGenerator<SentencePair> {
  const { source, target, id, license, attribution } = input.fields ?? { source: "source", target: "target" };
  const { corpus, sourceLanguage, targetLanguage } = defaults;
  const file = open(input.file);
  for await (const { text, number } of file.textLines()) {
    let row: unknown;
    try {
      row = JSON.parse(text);
    } catch (error) {
      file.problem("json", number, (error as Error).message);
      continue;
    }
    const [from, to] = [valueAt(row, source), valueAt(row, target)];
    if (typeof from !== "string" || typeof to !== "string") {
      const path = typeof from === "string" ? target : source;
      file.problem("field", number, `${[path].flat().join(".")} is no text`);
      continue;
    }
    // Halves of a pair of UTF-16 units can be written in JSON, and in no file of text.
    if (!from.isWellFormed() || !to.isWellFormed()) {
      file.problem("encoding", number, text);
      continue;
    }
    const word = (path: FieldPath | undefined) => {
      const value = path === undefined ? undefined : valueAt(row, path);
      return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
    };
    const [name, credit] = [word(id), word(attribution)];
    const origin: PairOrigin = {
      corpus,
      license: word(license) ?? defaults.license,
      ...{ file: input.file, line: number },
      ...(name === undefined ? {} : { id: name }),
      ...(credit === undefined ? {} : { attribution: credit }),
    };
    yield { source: from, target: to, sourceLanguage, targetLanguage, origin };
  }
}

function valueAt(row: unknown, path: FieldPath): unknown {
  const names = typeof path === "string" ? path.split(".") : path;
  let value = row;
  for (const name of names) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string | number, unknown>)[name];
  }
  return value;
}
