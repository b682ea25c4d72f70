import type { FoundSpan, ProtectedSpan } from "./protected-spans.ts";

/**
 * Says of each tag what it is: one of a pair, or whole. A closing tag closes the innermost open one of its name; tags
 * that are then still open within have no partner (`<br>`, `<p>`).
 */
export function pairTags(text: string, found: readonly FoundSpan[]): readonly ProtectedSpan[] {
  const spans: ProtectedSpan[] = found.map(({ kind, start, end }) => {
    const own = text.slice(start, end);
    return {
      kind,
      start,
      end,
      text: own,
      role: "whole",
      partner: undefined,
      tagName: kind === "tag" ? nameOf(own) : undefined,
    };
  });
  const open: number[] = [];
  const openByName = new Map<string, number>();
  const change = (name: string, by: number) => openByName.set(name, (openByName.get(name) ?? 0) + by);
  spans.forEach((span, index) => {
    const { tagName } = span;
    if (tagName === undefined) return;
    if (!span.text.startsWith("</")) {
      open.push(index);
      change(tagName, 1);
      return;
    }
    if ((openByName.get(tagName) ?? 0) === 0) return;
    for (;;) {
      const last = open.pop()!;
      const opening = spans[last]!;
      change(opening.tagName!, -1);
      if (opening.tagName !== tagName) continue;
      spans[last] = { ...opening, role: "opening", partner: span.text };
      spans[index] = { ...span, role: "closing", partner: opening.text };
      return;
    }
  });
  return spans;
}

/** The name of a tag that can have a partner, in lower case, as HTML does not tell cases apart. */
function nameOf(tag: string): string | undefined {
  if (tag.endsWith("/>")) return undefined;
  return /^<\/?([^\s/>"'<=]+)/.exec(tag)?.[1]?.toLowerCase();
}
