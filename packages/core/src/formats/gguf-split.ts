import { BayLingError } from "../errors.ts";
import { isByteSource, type SourceInput, urlOfString } from "../sources/open-source.ts";
import type { GgufHeader } from "./gguf-header.ts";

const pattern = /-(\d{5})-of-(\d{5})(?=\.gguf$)/i;

/** How many files a model is cut into, from the metadata or else from the name. 1 for a whole one. */
export function partCount(header: GgufHeader, name: string): number {
  const declared = header.metadata.number("split.count");
  if (declared !== undefined && declared > 0) return declared;
  return Number(pattern.exec(pathOf(name))?.[2] ?? 1);
}

/** The number of a part, from 0, or `undefined` when neither metadata nor name tells. */
export function partNumber(header: GgufHeader, name: string): number | undefined {
  const declared = header.metadata.number("split.no");
  if (declared !== undefined) return declared;
  const named = pattern.exec(pathOf(name))?.[1];
  return named === undefined ? undefined : Number(named) - 1;
}

/**
 * Where another part of a split model lies: beside this one, with another number in its name (`-00002-of-00005.gguf`).
 * @throws BayLingError `gguf-split-incomplete` for a `Blob` or `ByteSource`, which has no neighbours, and for a name
 * without a number
 */
export function siblingPart(input: SourceInput, name: string, part: number, count: number): SourceInput {
  const suffix = `-${String(part + 1).padStart(5, "0")}-of-${String(count).padStart(5, "0")}`;
  const url = typeof input === "string" ? urlOfString(input) : input instanceof URL ? input : undefined;
  if (url !== undefined && pattern.test(url.pathname) && /^(https?|file):$/.test(url.protocol)) {
    const sibling = new URL(url);
    sibling.pathname = url.pathname.replace(pattern, suffix);
    return sibling;
  }
  if (typeof input === "string" && pattern.test(input)) return input.replace(pattern, suffix);
  const alone = isByteSource(input) || input instanceof Blob;
  throw new BayLingError("gguf-split-incomplete", {
    source: name,
    field: "split.count",
    problem: `this is one file of a model in ${count} files`,
    expected: alone ? `all ${count} files` : "a name that ends in -00001-of-0000N.gguf",
    received: alone ? "one" : name,
    remedy: alone ? "Pass an array of all the files" : "Give the files the names that they were published under",
  });
}

/** A URL's name may end in a query; the number of the part is before it. */
function pathOf(name: string): string {
  return name.replace(/[?#].*$/s, "");
}
