import type { MarkupLanguage } from "./markup-tokens.ts";

/** Names of HTML 4 for U+00A0 to U+00FF, in order. */
const latin =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para " +
  "middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave " +
  "Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc " +
  "Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc " +
  "iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";

const punctuation: Readonly<Record<string, string>> = {
  ...{ ndash: "–", mdash: "—", lsquo: "‘", rsquo: "’", sbquo: "‚", ldquo: "“", rdquo: "”", bdquo: "„" },
  ...{ hellip: "…", bull: "•", dagger: "†", prime: "′", lsaquo: "‹", rsaquo: "›", euro: "€", trade: "™" },
};

const ofXml: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const known: Readonly<Record<MarkupLanguage, ReadonlyMap<string, string>>> = {
  xml: new Map(Object.entries(ofXml)),
  html: new Map([
    ...latin.split(" ").map((name, index) => [name, String.fromCodePoint(0xa0 + index)] as const),
    ...Object.entries({ ...punctuation, ...ofXml }),
  ]),
};

const reference = /(&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z][A-Za-z\d]{0,30});)/;

/** A piece of text, or a reference to a character that is not known here and has to stay as it is. */
export type ReferencePiece = { readonly text: string } | { readonly reference: string };

/** Text with the characters that its references stand for. */
export function decodeReferences(raw: string, language: MarkupLanguage): readonly ReferencePiece[] {
  const pieces: ReferencePiece[] = [];
  let text = "";
  for (const [index, piece] of raw.split(reference).entries()) {
    const character = index % 2 === 0 ? piece : characterOf(piece.slice(1, -1), language);
    if (character !== undefined) text += character;
    else {
      if (text !== "") pieces.push({ text });
      pieces.push({ reference: piece });
      text = "";
    }
  }
  if (text !== "") pieces.push({ text });
  return pieces;
}

function characterOf(name: string, language: MarkupLanguage): string | undefined {
  if (!name.startsWith("#")) return known[language].get(name);
  const codePoint = /^#[xX]/.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  // Of control characters HTML means others by some; surrogates and what is beyond Unicode are nobody's.
  const isText = (codePoint >= 0x20 && codePoint < 0x7f) || (codePoint >= 0xa0 && codePoint < 0xd800);
  return isText || (codePoint >= 0xe000 && codePoint <= 0x10ffff) ? String.fromCodePoint(codePoint) : undefined;
}

/** Text as markup says it. A space that keeps words together is written so that it can be seen, as browsers do. */
export function encodeText(text: string, language: MarkupLanguage): string {
  return text.replace(/[&<>\u00a0]/g, (sign) => {
    const name = { "&": "amp", "<": "lt", ">": "gt" }[sign] ?? (language === "html" ? "nbsp" : "#160");
    return `&${name};`;
  });
}
