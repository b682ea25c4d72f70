import type { Verdict } from "../act.ts";
import { fail, pass, unknown } from "../verdict.ts";

/** Words about the reply, in it: a translation that begins or ends so cannot be used as it is. */
const talk: readonly RegExp[] = [
  /^[^\p{L}\p{N}]*(?:this is|das ist|dies ist)\b[^\n]{0,40}\b(?:translation|übersetzung)\b[^\n]{0,20}:/iu,
  /^[^\p{L}\p{N}]*(?:(?:sure|certainly|of course|okay|ok|absolutely|gladly|great|understood)\b[^\n]{0,40}?[,.!:]\s*)?(?:here(?:'|’)?(?:s| is| are)|below is)\s+(?:(?:the|your|a|an|my|one|how)\s+)?(?:[\w-]+\s+){0,4}?(?:translation|version|text|sentence|rendering|alternatives?|options?)\b/iu,
  /^[^\p{L}\p{N}]*(?:(?:sure|certainly|of course|okay|ok|absolutely|gladly|great|understood)\b[^\n:：]{0,60})[:：](?:\s|$)/iu,
  /^[^\p{L}\p{N}]*(?:(?:the|my|your)\s+)?(?:(?:new|revised|updated|improved|corrected|shorter|longer|formal|informal|final|[a-z]+)\s+)?(?:translation|version)\s*(?:\([^)]*\))?\s*[:：]/iu,
  /^[^\p{L}\p{N}]*(?:好的?|当然(?:可以)?|當然(?:可以)?|没问题|沒問題|可以|明白了?)[，,。！!、\s]*(?:以下|这是|這是|下面|翻译|翻譯|译文|譯文|修改|我(?:来|來|会|會|将|將)?(?:为|為|帮|幫|翻|修改|重新))/u,
  /^[^\p{L}\p{N}]*(?:好的?|当然(?:可以)?|當然(?:可以)?|没问题|沒問題|可以|明白了?)[，,。！!、\s]+[^\n:：。]{0,8}(?:改|调整|調整|更新|重写|重寫)[^\n:：。]{0,8}[:：]/u,
  /^[^\p{L}\p{N}]*(?:以下|这|這|下面)(?:就?是)?[^\n。]{0,20}?(?:译文|譯文|翻译|翻譯|版本|句子)[^\n。]{0,10}?[:：]/u,
  /^[^\p{L}\p{N}]*(?:[\p{Script=Han}]{0,6}的?)?(?:译文|譯文|翻译|翻譯|翻译结果|翻譯結果)(?:如下)?\s*[:：]/u,
  /^[^\p{L}\p{N}]*(?:(?:gerne|natürlich|klar|sicher|selbstverständlich|okay|ok)\b[^\n]{0,30}?[,.!:]\s*)?(?:hier (?:ist|sind|kommt|die)|anbei)\b[^\n]{0,50}?(?:übersetzung|fassung|version|text|satz|variante|alternative)n?\b/iu,
  /^[^\p{L}\p{N}]*(?:gerne|natürlich|klar|sicher|selbstverständlich|okay|ok)\b[^\n:]{0,60}:(?:\s|$)/iu,
  /^[^\p{L}\p{N}]*(?:die\s+)?(?:[a-zäöüß]+e\s+)?(?:übersetzung|fassung)\s*(?:\([^)]*\))?\s*:/iu,
  /\n[ \t\u3000]*[([（]?(?:note|explanation|i hope|let me know|please let|if you(?:'d| would)? like|feel free|changes? made)\b/iu,
  /\n[ \t\u3000]*[([（]?(?:hinweis|anmerkung|erklärung|erläuterung|ich hoffe|lassen sie mich|lass mich wissen|falls (?:sie|du))\b/iu,
  /\n[ \t\u3000]*[([（]?(?:注[:：]|注意[:：]|说明[:：]|說明[:：]|备注[:：]|希望(?:这|這|能|对|對)|如果(?:你|您)(?:需要|有)|如有)/u,
];

/** What a source says itself may be said in its translation. */
const sourceTalk =
  /\b(?:translations?|version|sentence|note|explanation|let me know|here(?:'|’)s|hope|sure|of course|okay|ok|certainly)\b|译文|譯文|翻译|翻譯|版本|说明|說明|注[:：意]|希望|如果|如有|当然|當然|好的|以下|übersetzung|fassung|hinweis|anmerkung|erklärung|hier (?:ist|sind)|natürlich|gerne|klar|hoffe|falls/iu;

/** Whether a reply is the translation and nothing around it: no "Sure, here is…", no 好的，以下是, no "Hier ist". */
export function checkNoTalk(reply: string, source: string): Verdict {
  if (!talk.some((pattern) => pattern.test(reply))) return pass("there is no talk around the translation");
  if (sourceTalk.test(source)) return unknown("it may talk about itself, or translate such words");
  return fail("it talks about the translation");
}

const refusals: readonly RegExp[] = [
  /\b(?:as an ai|as a language model|i(?:'|’)?m an ai|i am an ai)\b/iu,
  /\bi(?:(?:'|’)m| am)? (?:can(?:'|’)?t|cannot|can not|unable to|not able to|won(?:'|’)?t|will not|must decline to)\s+(?:to )?(?:assist|help (?:with|you)|translate|fulfil+|comply|provide|complete|generate|produce|do that)\b/iu,
  /(?:作为|作為|身为|身為)(?:一[个個名])?(?:人工智能|ai|语言模型|語言模型)/iu,
  /(?:^|[\s，。！？,.!?]|我)(?:无法|無法|不能|没办法|沒辦法)(?:为您|为你|為您|為你|帮您|帮你|幫您|幫你|对此|對此)?(?:提供|翻译|翻譯|协助|協助|完成|回答|满足|滿足|处理|處理)(?:这|這|该|該|此|您|你|帮助|幫助|翻译|翻譯)/u,
  /\bals (?:ki|künstliche intelligenz|sprachmodell)\b/iu,
  /\b(?:ich kann|kann ich)\b[^.!?\n]{0,60}\bnicht\b[^.!?\n]{0,20}\b(?:helfen|übersetzen|behilflich|erfüllen|bereitstellen|beantworten)\b/iu,
];

const sourceRefusal =
  /\b(?:can(?:'|’)?t|cannot|unable|not able|won(?:'|’)?t|ai|language model|decline)\b|无法|無法|不能|没办法|沒辦法|人工智能|语言模型|語言模型|\bnicht\b|\bki\b|sprachmodell/iu;

/** Whether a reply does what was asked instead of saying that it will not. */
export function checkNoRefusal(reply: string, source: string): Verdict {
  if (!refusals.some((pattern) => pattern.test(reply))) return pass("it is no refusal");
  return sourceRefusal.test(source) ? unknown("it may refuse, or translate a refusal") : fail("it refuses");
}
