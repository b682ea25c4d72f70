import type { Act } from "../act.ts";
import { alternatives } from "../acts/alternatives.ts";
import { backTranslate } from "../acts/back-translate.ts";
import { deleteText } from "../acts/delete.ts";
import { explain } from "../acts/explain.ts";
import { forbidTerms } from "../acts/forbid-terms.ts";
import { includeTerms } from "../acts/include-terms.ts";
import { lengthen } from "../acts/lengthen.ts";
import { rephrase } from "../acts/rephrase.ts";
import { replace } from "../acts/replace.ts";
import { setRegister } from "../acts/set-register.ts";
import { shorten } from "../acts/shorten.ts";
import { switchLanguage } from "../acts/switch-language.ts";
import { languageByName } from "../language.ts";
import { readLength } from "./command-length.ts";

/** What people put before a request, which makes no other one of it. */
const before =
  /^(?:(?:please|pls|now|ok(?:ay)?|can you|could you|would you|i want you to|bitte|jetzt|kannst du(?: das| es)?|könntest du(?: das| es)?|könnten sie(?: das| es)?)(?:[\s,:]+|$)|(?:请你?|請你?|麻烦你?|麻煩你?|能不能|能否|可以|可不可以|现在|現在)[\s,，:：]*)/iu;

/** What they put behind it. */
const behind =
  /(?:[\s,，]+(?:please|thanks|thank you|bitte|danke|formulieren)|[\s,，]*(?:谢谢|謝謝|吗|嗎|吧|呢|好吗|好嗎))$/iu;

/** Words without what surrounds them; never less than a word. */
function bare(words: string): string {
  let text = words
    .trim()
    .replace(/[.!?。！？…\s]+$/u, "")
    .replace(/\s+/gu, " ");
  for (let last = ""; last !== text; ) {
    last = text;
    text = text.replace(before, "").replace(behind, "").trim();
  }
  return /["“”„«»「」]/u.test(text) ? text : text.replace(/ (?:bitte|please)(?= )/giu, "");
}

const it = "(?:it|this|that|the (?:translation|text|sentence))";
const es = "(?:es|das|die übersetzung|den (?:text|satz))";
const slightly = "(?:a (?:bit|little) |a lot |much |even |slightly |still )?";
const etwas = "(?:etwas |ein (?:bisschen|wenig) |noch |viel |deutlich )*";
const yiDian = "(?:一点儿?|一些|些|一點|点儿?|點)?";
const zai = "(?:再|更|稍微|稍)?(?:写得?|译得?|翻译得|翻得)?(?:再|更)?";

/** Whole requests without anything of the person's own in them, in lower case. */
const requests: readonly (readonly [patterns: readonly string[], make: () => Act])[] = [
  [
    [
      `(?:make ${it} )?${slightly}(?:shorter|more concise|briefer)`,
      `shorten ${it}`,
      "(?:it is |it's |that is |that's )?too long",
      `(?:mach(?:e|en sie)? ${es} )?${etwas}(?:kürzer|knapper)(?: machen)?`,
      `kürz(?:e|en sie) ${es}`,
      "(?:das ist |es ist )?zu lang",
      `${zai}(?:简短|簡短|短|简洁|簡潔|精简|精簡)${yiDian}`,
      `缩短${yiDian}(?:一下)?`,
      "太长了?|太長了?",
    ],
    () => shorten(),
  ],
  [
    [
      `(?:make ${it} )?${slightly}(?:longer|more detailed)`,
      `lengthen ${it}`,
      "(?:it is |it's |that is |that's )?too short",
      `(?:mach(?:e|en sie)? ${es} )?${etwas}(?:länger|ausführlicher)(?: machen)?`,
      "(?:das ist |es ist )?zu kurz",
      `${zai}(?:长|長|详细|詳細)${yiDian}`,
      "太短了?",
    ],
    () => lengthen(),
  ],
  [
    [
      `(?:make ${it} )?${slightly}more formal`,
      `(?:make ${it} )?(?:formal|formally)`,
      `(?:mach(?:e|en sie)? ${es} )?${etwas}(?:förmlicher|formeller)(?: machen)?`,
      `${zai}正式${yiDian}`,
    ],
    () => setRegister("formal"),
  ],
  [
    [
      `(?:make ${it} )?${slightly}(?:more informal|more casual|less formal)`,
      `(?:make ${it} )?(?:informal|informally|casual)`,
      `(?:mach(?:e|en sie)? ${es} )?${etwas}(?:lockerer|informeller|weniger förmlich|weniger formell)(?: machen)?`,
      `${zai}(?:口语化?|口語化?|随意|隨意)${yiDian}`,
    ],
    () => setRegister("informal"),
  ],
  [
    [
      `rephrase(?: ${it})?`,
      `(?:say|put|word|phrase) ${it} (?:differently|another way|in other words)`,
      "in other words",
      `formulier(?:e|en sie)? ${es} (?:um|anders)`,
      `${es} (?:umformulieren|anders formulieren)|umformulieren|anders`,
      "换(?:一种|一個|一种|个|個)?(?:说法|說法)|改写一下|換一種說法",
    ],
    () => rephrase(),
  ],
  [
    [
      `explain(?: ${it}| your (?:translation|choice))?`,
      "why(?: (?:this|that))?",
      `erklär(?:e|en sie)? (?:mir )?${es}|erkläre?n?`,
      "warum|wieso",
      "为什么|為什麼|解释一下?|解釋一下?",
    ],
    () => explain(),
  ],
  [
    [
      `translate ${it} back|back[- ]?translate(?: ${it})?|back[- ]?translation`,
      `übersetz(?:e|en sie)? ${es} zurück|rückübersetzung|rückübersetzen`,
      "回译|回譯|翻译回去|翻譯回去|译回去",
    ],
    () => backTranslate(),
  ],
  [
    [
      "(?:give me |show me |any )?(?:other |some )?alternatives",
      "(?:gib mir |zeig mir |nenne mir )?(?:andere )?alternativen",
      "(?:还有|還有)?(?:没有|沒有)?(?:别的|其他|其它)(?:的)?(?:译法|譯法|翻译|翻譯|说法|說法)",
    ],
    () => alternatives(),
  ],
];

const wholeRequests = requests.map(
  ([patterns, make]) => [new RegExp(`^(?:${patterns.join("|")})$`, "iu"), make] as const,
);

const quoted = '(?:"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»|»([^«]+)«|「([^」]+)」)';
const aWord =
  "(?:the (?:words?|terms?|phrase) |das wort |den begriff |den ausdruck |(?:这个)?(?:词|词语|術語|术语|单词))?";

/** Requests that hold a person's texts, in quotation marks. */
const quotations: readonly (readonly [patterns: readonly string[], make: (texts: readonly string[]) => Act])[] = [
  [
    [
      `(?:include|use|make sure to (?:include|use)) ${aWord}${quoted}`,
      `(?:verwende|benutze|nimm) ${aWord}${quoted}`,
      `(?:包含|使用|要用|用上|加入)${aWord}${quoted}(?:这个词)?`,
    ],
    ([term]) => includeTerms([term!]),
  ],
  [
    [
      `(?:do not|don't|don’t|never) use ${aWord}${quoted}|(?:avoid|without) ${aWord}${quoted}`,
      `ohne ${aWord}${quoted}|vermeide ${aWord}${quoted}|(?:verwende|benutze) ${aWord}${quoted} nicht`,
      `(?:不要|别|不能|不許|不准)(?:使用|出现|出現|用|有)${aWord}${quoted}(?:这个词)?|避免(?:使用|出现)?${quoted}`,
    ],
    ([term]) => forbidTerms([term!]),
  ],
  [
    [
      `(?:replace|swap|change) ${quoted} (?:with|by|to|for|into) ${quoted}`,
      `(?:ersetze|tausche) ${quoted} (?:durch|gegen) ${quoted}`,
      `(?:把|将|將)${quoted}(?:换成|换为|改成|改为|替换为|替换成|換成|改為)${quoted}`,
    ],
    ([from, to]) => replace(from!, to!),
  ],
  [
    [
      `(?:delete|remove|leave out|drop) ${aWord}${quoted}`,
      `(?:lösche|streiche|streich|entferne) ${aWord}${quoted}`,
      `(?:删掉|删除|删去|去掉|刪掉|刪除)${quoted}|(?:把|将|將)${quoted}(?:删掉|删除|删去|去掉|刪掉|刪除)`,
    ],
    ([text]) => deleteText(text!),
  ],
];

const quotedRequests = quotations.map(
  ([patterns, make]) => [new RegExp(`^(?:${patterns.join("|")})$`, "iu"), make] as const,
);

const atMost =
  /^(?:(?:use |only use |use only |say it in |in |keep it to |make it )?(?:at most|no more than|not more than|a maximum of|max\.?) (?<en>\d{1,9} \p{L}+)|(?:only use|use only) (?<only>\d{1,9} \p{L}+)|(?:in |use )?(?<fewer>\d{1,9} \p{L}+) or (?:fewer|less)|(?:mit |in |verwende |benutze )?(?:höchstens|maximal|nicht mehr als) (?<de>\d{1,9} \p{L}+)|(?:最多(?:用)?|不要?超过|不要?超過|不多于|控制在)(?<zh>\d{1,9}个?[字词詞]符?)(?:以内|以內|之内)?|(?<within>\d{1,9}[个個]?[字词詞]符?)(?:以内|以內|之内))$/iu;

const atLeast =
  /^(?:(?:use |say it in |in |make it )?(?:at least|no fewer than|no less than) (?<en>\d{1,9} \p{L}+)|(?<more>\d{1,9} \p{L}+) or more|(?:mit |in |verwende |benutze )?(?:mindestens|nicht weniger als) (?<de>\d{1,9} \p{L}+)|(?:至少(?:用)?|不少于|不少於)(?<zh>\d{1,9}[个個]?[字词詞]符?))$/iu;

const another =
  /^(?:(?:translate (?:it|this|that) )?(?:in|into) (?<en>\p{L}[\p{L} ()]*)|(?:übersetz(?:e|en sie)? (?:es|das) )?(?:auf|ins) (?<de>\p{L}[\p{L} ()]*)|(?:(?:把它)?(?:翻译|翻譯|译|譯|换|換)(?:成|为|為)|用)(?<zh>\p{Script=Han}+?)(?:说|來說|来说|表达)?)$/iu;

/**
 * The act that a person's words ask for, where they can mean nothing else: "make it shorter", 更正式一点, "kürzer bitte".
 * Undefined for all others.
 */
export function actFromPlainWords(words: string): Act | undefined {
  // Nothing that is this long is one of these, and patterns should not be tried on whole documents.
  if (words.length > 300) return undefined;
  const text = bare(words);
  for (const [pattern, make] of wholeRequests) if (pattern.test(text)) return make();
  for (const [pattern, make] of quotedRequests) {
    const texts = pattern
      .exec(text)
      ?.slice(1)
      .filter((part) => part !== undefined);
    if (texts !== undefined) return make(texts);
  }
  return lengthAct(text) ?? languageAct(text);
}

function lengthAct(text: string): Act | undefined {
  for (const [pattern, make] of [
    [atMost, (unit: "words" | "characters", most: number) => shorten({ unit, most })],
    [atLeast, (unit: "words" | "characters", least: number) => lengthen({ unit, least })],
  ] as const) {
    const named = Object.values(pattern.exec(text)?.groups ?? {}).find((group) => group !== undefined);
    const length = named === undefined ? undefined : readLength(named);
    if (length?.unit !== undefined && length.most > 0) return make(length.unit, length.most);
  }
  return undefined;
}

function languageAct(text: string): Act | undefined {
  const name = Object.values(another.exec(text)?.groups ?? {}).find((group) => group !== undefined);
  if (name === undefined) return undefined;
  // German declines: "ins Deutsche", "ins Französische", "ins vereinfachte Chinesisch".
  const declined = name.replace(/e$/u, "").replace(/^(vereinfachte|traditionelle) /iu, "$1s ");
  const tag = languageByName(name) ?? languageByName(declined);
  return tag === undefined ? undefined : switchLanguage(tag);
}
