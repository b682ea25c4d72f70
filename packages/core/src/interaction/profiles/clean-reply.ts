const endOfThoughts = "</think>";

/** A reply without what the model thought before it. Thoughts that have no end are all there is. */
function dropThoughts(reply: string): string {
  const end = reply.lastIndexOf(endOfThoughts);
  if (end >= 0) return reply.slice(end + endOfThoughts.length);
  return reply.trimStart().startsWith("<think>") ? "" : reply;
}

/** What chat models put in front of a translation though nobody asked for it. */
const preambles: readonly RegExp[] = [
  /^(?:(?:sure|certainly|of course)\b[^\n:]{0,20})?\b(?:here is|here's|here’s|this is)\b[^\n:]{0,80}\btranslat[^\n:]{0,60}:\s*/iu,
  /^(?:the )?(?:\p{L}+ )?translation(?: (?:in|into|to) \p{L}+)?(?: is)?:\s+/iu,
  /^(?:以下是|这是|下面是)?[^\n：:。]{0,20}(?:翻译|译文)(?:如下|结果|为|是)?[：:]\s*/u,
  /^(?:(?:gerne|natürlich|klar)\b[^\n:]{0,20})?\b(?:hier ist|hier die|das ist)\b[^\n:]{0,80}übersetzung[^\n:]{0,60}:\s*/iu,
  /^(?:die )?übersetzung(?: (?:ins|auf) \p{L}+)?(?: lautet| ist)?:\s+/iu,
];

const quotationMarks: readonly string[] = ['""', "“”", "„“", "«»", "»«", "「」", "『』"];

/**
 * A translation without thoughts, a sentence that announces it, and quotation marks around all of it, where the source has
 * nothing alike. Without the source only thoughts and white space go.
 */
export function cleanChatReply(reply: string, source?: string): string {
  let text = (source?.includes(endOfThoughts) === true ? reply : dropThoughts(reply)).trim();
  if (source === undefined) return text;
  const firstLine = source.trim().split("\n", 1)[0]!;
  if (!/[:：]/u.test(firstLine)) {
    const rest = preambles.reduce((left, preamble) => (left === text ? text.replace(preamble, "") : left), text).trim();
    // A translation that is nothing but such a sentence is one.
    if (rest !== "") text = rest;
  }
  const marks = quotationMarks.find(([open, close]) => isWithin(text, open!, close!));
  const quoted = quotationMarks.some(([open, close]) => isWithin(source.trim(), open!, close!));
  return marks === undefined || quoted ? text : text.slice(1, -1).trim();
}

/** Whether marks enclose a text and do not occur within it. */
function isWithin(text: string, open: string, close: string): boolean {
  if (text.length < 3 || !text.startsWith(open) || !text.endsWith(close)) return false;
  const inner = text.slice(1, -1);
  return !inner.includes(open) && !inner.includes(close);
}

/** A text in one line. */
export function joinLines(text: string): string {
  return text
    .split(/[\r\n]+/u)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
}
