import { faithfulnessFailure } from "./faithfulness.ts";
import type { BitextFilter } from "./filter.ts";

/** A character without which there is no tag, entity, placeholder, link, address or code. */
const sign = /[<&{%$@`]|:\/\/|www\./i;

/** Tags, links, e-mail addresses, placeholders and code that are not the same in both texts, as core compares them. */
export function protectedSpansFilter(): BitextFilter {
  return {
    reason: "protected-spans",
    reject: (pair) =>
      sign.test(pair.source) || sign.test(pair.target) ? faithfulnessFailure(pair, "spans") : undefined,
  };
}
