import type { Act } from "../act.ts";
import type { ActFields } from "../act-fields.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quote } from "../quote.ts";
import { checkTranslation } from "../reply-checks.ts";
import { checkPrefix } from "../verifiers/prefix.ts";

export interface KeepPrefixData {
  /** As it is, white space too. Bytes are UTF-8 and may end within a character. */
  readonly prefix: string | Uint8Array;
}

const phrasings: Phrasings = {
  en: [
    "Begin the translation with {prefix}.",
    "The translation should start with {prefix}. Please continue from there.",
    "Keep {prefix} as the beginning and complete the translation.",
    "I have written {prefix} so far. Please finish the translation from there.",
    "I would like it to begin with {prefix}.",
    "Can you translate it so that it opens with {prefix}?",
  ],
  zh: [
    "译文请以{prefix}开头。",
    "译文的开头是{prefix}，请接着往下翻译。",
    "请保留开头的{prefix}，把译文补充完整。",
    "我已经写了{prefix}，请从这里把译文写完。",
    "我想让译文以{prefix}开头。",
    "能不能翻译成以{prefix}开头的句子？",
  ],
  de: [
    "Beginne die Übersetzung mit {prefix}.",
    "Die Übersetzung soll mit {prefix} anfangen. Mach bitte dort weiter.",
    "Behalte {prefix} als Anfang bei und vervollständige die Übersetzung.",
    "Bisher habe ich {prefix} geschrieben. Bitte übersetze von dort an zu Ende.",
    "Ich hätte gern, dass es mit {prefix} beginnt.",
    "Kannst du es so übersetzen, dass {prefix} am Anfang steht?",
  ],
};

/** Bytes that hold no whole character yet have no words. */
const goOn: Phrasings = {
  en: [
    "Go on with the translation.",
    "Please continue.",
    "Complete the translation.",
    "Please finish the translation.",
    "Carry on from where it stops.",
    "What comes next?",
  ],
  zh: ["请继续翻译。", "请接着写。", "请把译文补充完整。", "请把译文写完。", "请从停下的地方继续。", "接下来呢？"],
  de: [
    "Mach mit der Übersetzung weiter.",
    "Bitte fahr fort.",
    "Vervollständige die Übersetzung.",
    "Bitte übersetze zu Ende.",
    "Mach weiter, wo es aufhört.",
    "Wie geht es weiter?",
  ],
};

/** The whole characters of a prefix; undefined for bytes that are not UTF-8. */
export function prefixText(prefix: string | Uint8Array): string | undefined {
  if (typeof prefix === "string") return prefix;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(prefix, { stream: true });
  } catch {
    return undefined;
  }
}

function readPrefix(fields: ActFields): string | Uint8Array {
  const given = fields.value("prefix");
  const expected = "a text that is not empty, or bytes of UTF-8";
  if (typeof given === "string")
    return given !== "" && given.isWellFormed() ? given : fields.refuse("prefix", expected, given);
  const isBytes = (value: unknown): value is ArrayLike<number> =>
    value instanceof Uint8Array ||
    (Array.isArray(value) && Array.from(value).every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255));
  const bytes = isBytes(given) ? Uint8Array.from(given) : fields.refuse("prefix", expected, given);
  return bytes.length > 0 && prefixText(bytes) !== undefined ? bytes : fields.refuse("prefix", expected, given);
}

export const keepPrefixType: ActType<KeepPrefixData> = defineAct<KeepPrefixData>({
  kind: "keep-prefix",
  replies: "translation",
  read: (fields) => ({ prefix: readPrefix(fields) }),
  say: ({ prefix }, context) => {
    const text = prefixText(prefix) ?? "";
    if (text.trim() === "") return phrase(goOn, context);
    return phrase(phrasings, context, { prefix: quote(text, context.language) });
  },
  apply: ({ prefix }, state) => ({ ...state, prefix }),
  verify: ({ prefix }, reply, context) =>
    checkTranslation(reply, context, phrasings, (translation) => checkPrefix(translation, prefix)),
});

/** Fixes how the translation begins, byte for byte. @throws BayLingError `argument-invalid` */
export function keepPrefix(prefix: string | Uint8Array): Act<KeepPrefixData> {
  return keepPrefixType.create({ prefix });
}
