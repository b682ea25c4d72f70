/** A piece of HTML: what others wrote is in it only as text. */
export class Html {
  readonly code: string;

  constructor(code: string) {
    this.code = code;
  }
}

type Value = string | number | Html | readonly Html[];

/** Writes HTML; values become text unless they are HTML themselves. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(
    strings.map((string, index) => string + (index < values.length ? codeOf(values[index]!) : "")).join(""),
  );
}

function codeOf(value: Value): string {
  if (value instanceof Html) return value.code;
  if (Array.isArray(value)) return value.map(({ code }: Html) => code).join("\n");
  return escapeHtml(String(value));
}

const references: Readonly<Record<string, string>> = {
  ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" },
};

/** Control characters, which no page may hold, are shown as a replacement. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => references[character]!).replace(/[^\P{Cc}\n\t]|\p{Cs}/gu, "\ufffd");
}
