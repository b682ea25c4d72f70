/** A name as languages write it. */
export interface KnownName {
  readonly kind: "woman" | "man" | "city";
  readonly en: string;
  readonly de: string;
  readonly zh: string;
}

/** English, Chinese in simplified characters, and German where it is not as in English. */
const rows: Readonly<Record<KnownName["kind"], string>> = {
  man:
    "Tom 汤姆, John 约翰, Peter 彼得, Jack 杰克, David 大卫, Paul 保罗, Mark 马克, Robert 罗伯特, Daniel 丹尼尔, Martin 马丁, " +
    "Steven 史蒂文",
  woman:
    "Mary 玛丽 Maria, Alice 爱丽丝, Anna 安娜, Emily 艾米丽, Lisa 丽莎, Linda 琳达, Lucy 露西, Nancy 南希, Susan 苏珊, Sarah 萨拉, " +
    "Laura 劳拉",
  city:
    "Boston 波士顿, London 伦敦, Paris 巴黎, Berlin 柏林, Chicago 芝加哥, Madrid 马德里, Sydney 悉尼, Toronto 多伦多, Tokyo 东京 Tokio, " +
    "Vienna 维也纳 Wien",
};

/** Names that stand for each other in any sentence about a person or a place. */
export const knownNames: readonly KnownName[] = (Object.keys(rows) as KnownName["kind"][]).flatMap((kind) =>
  rows[kind].split(", ").map((row) => {
    const [en = "", zh = "", de = en] = row.split(" ");
    return { kind, en, zh, de };
  }),
);

/** A name in a language; undefined for a language without these names. */
export function nameIn(name: KnownName, language: string): string | undefined {
  // Traditional Chinese writes some of these with other characters.
  if (language === "zh-Hant") return undefined;
  const base = language.split("-")[0]!;
  return base === "en" || base === "de" || base === "zh" ? name[base] : undefined;
}
