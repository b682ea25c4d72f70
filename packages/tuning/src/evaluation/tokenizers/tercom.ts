import { splitWords } from "./python-text.ts";

export interface TercomOptions {
  /** Tell punctuation apart from words. Default false. */
  readonly normalized?: boolean | undefined;
  /** With `normalized`: Chinese, Japanese and their punctuation character by character. Default false. */
  readonly asianSupport?: boolean | undefined;
  /** Leave punctuation out. Default false. */
  readonly removePunctuation?: boolean | undefined;
  readonly caseSensitive?: boolean | undefined;
}

const asianPunctuation = /([\u3001\u3002\u3008-\u3011\u3014-\u301f\uff61-\uff65\u30fb])/g;
const fullWidthPunctuation = /([\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09])/g;

/** The words of a segment as Tercom sees them. */
export function tokenizeTercom(text: string, options: TercomOptions): string[] {
  let line = options.caseSensitive ? text : text.toLowerCase();
  if (options.normalized) {
    line = normalizeWestern(line);
    if (options.asianSupport) line = normalizeAsian(line);
  }
  if (options.removePunctuation) {
    line = line.replace(/[.,?:;!"()]/g, "");
    if (options.asianSupport) line = line.replace(asianPunctuation, "").replace(fullWidthPunctuation, "");
  }
  return splitWords(line);
}

function normalizeWestern(text: string): string {
  return ` ${text} `
    .replaceAll("\n-", "")
    .replaceAll("\n", " ")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replace(/([{-~[-` -&(-+:-@/])/g, " $1 ")
    .replace(/'s /g, " 's ")
    .replace(/'s$/g, " 's")
    .replace(/([^0-9])([.,])/gu, "$1 $2 ")
    .replace(/([.,])([^0-9])/gu, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ");
}

/**
 * Ideographs stand alone. Tercom means to split runs of kana off from what surrounds them, and does so at the beginning
 * of a segment that holds nothing else.
 */
function normalizeAsian(text: string): string {
  return text
    .replace(/([\u4e00-\u9fff\u3400-\u4dbf])/g, " $1 ")
    .replace(/([\u31c0-\u31ef\u2e80-\u2eff])/g, " $1 ")
    .replace(/([\u3300-\u33ff\uf900-\ufaff\ufe30-\ufe4f])/g, " $1 ")
    .replace(/^([\u3040-\u309f]+)$/g, " $1 ")
    .replace(/^([\u30a0-\u30ff]+)$/g, " $1 ")
    .replace(/^([\u31f0-\u31ff]+)$/g, " $1 ")
    .replace(asianPunctuation, " $1 ")
    .replace(fullWidthPunctuation, " $1 ");
}
