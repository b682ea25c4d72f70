import type { Register } from "@bayling/core/interaction";
import { z } from "@hono/zod-openapi";
import { Problem } from "../problem.ts";
import { FlagField, TextField, TextsField } from "../translation/fields.ts";
import { isWellFormedXml } from "../translation/markup/markup-tokens.ts";
import type { SentenceSplitting } from "../translation/markup/sentence-plan.ts";
import type { TextFormat } from "../translation/markup/translate-markup.ts";
import { checkTags } from "../translation/request-size.ts";

const mostTexts = 50;

/** Names, apart by commas or as a list. */
const NamesField = z
  .union([z.string(), z.array(z.string())])
  .transform((names) =>
    [names].flat().flatMap((name) =>
      name
        .split(",")
        .map((each) => each.trim())
        .filter(Boolean),
    ),
  )
  .openapi({ type: ["string", "array"], items: { type: "string" } });

const formalities = ["default", "more", "less", "prefer_more", "prefer_less"] as const;

/** Of what DeepL has and this server has not: using it has to be noticed. */
const Unsupported = z
  .undefined({ error: "is not supported by this server" })
  .optional()
  .openapi({ type: "null", description: "not supported" });

/** A request to `/v2/translate`. */
export interface TranslateRequest {
  readonly text: readonly string[];
  readonly target_lang: string;
  readonly source_lang?: string | undefined;
  readonly context?: string | undefined;
  readonly formality: (typeof formalities)[number];
  readonly glossary_id?: string | undefined;
  readonly glossary_ids?: readonly string[] | undefined;
  readonly split_sentences?: "0" | "1" | "nonewlines" | undefined;
  readonly tag_handling?: "xml" | "html" | undefined;
  readonly tag_handling_version: "v1" | "v2";
  readonly outline_detection: boolean;
  readonly splitting_tags?: readonly string[] | undefined;
  readonly non_splitting_tags?: readonly string[] | undefined;
  readonly ignore_tags?: readonly string[] | undefined;
  readonly show_billed_characters: boolean;
  readonly custom_instructions?: readonly string[] | undefined;
}

/** Fields that are not here are not read, as DeepL does not. */
export const TranslateFields: z.ZodType<TranslateRequest> = z
  .object({
    text: TextsField.refine(({ length }) => length > 0 && length <= mostTexts, `must be 1 to ${mostTexts} texts`),
    target_lang: z.string(),
    source_lang: z.string().optional().describe("default: each text shows it"),
    context: TextField.optional().describe("what stands before the texts; not translated for you, and not billed"),
    formality: z.enum(formalities).default("default"),
    glossary_id: z.string().optional(),
    glossary_ids: NamesField.optional().describe("of terms that several have, the first counts"),
    split_sentences: z
      .union([z.enum(["0", "1", "nonewlines"]), z.literal([0, 1]).transform((value) => (value === 0 ? "0" : "1"))])
      .optional()
      .describe("default: 1, or nonewlines for HTML"),
    preserve_formatting: FlagField.optional().describe("always so"),
    tag_handling: z.enum(["xml", "html"]).optional(),
    tag_handling_version: z.enum(["v1", "v2"]).default("v1").describe("v2 refuses XML that is not well-formed"),
    outline_detection: FlagField.default(true),
    splitting_tags: NamesField.optional(),
    non_splitting_tags: NamesField.optional(),
    ignore_tags: NamesField.optional(),
    show_billed_characters: FlagField.default(false),
    custom_instructions: TextsField.refine(
      (instructions) => instructions.length <= 10 && instructions.every(({ length }) => length <= 300),
      "must be at most 10 texts of at most 300 characters",
    ).optional(),
    model_type: z.string().optional().describe("there is one"),
    style_id: Unsupported,
    translation_memory_id: Unsupported,
    auth_key: z.string().optional().describe("where no header holds it"),
  })
  .openapi("DeepLTranslateRequest");

const splittings: Readonly<Record<"0" | "1" | "nonewlines", SentenceSplitting>> = {
  "0": "nothing",
  "1": "lines",
  nonewlines: "sentences",
};

/**
 * How the texts of a request are read.
 * @throws Problem 400 for too many tags, and for XML that was to be well-formed and is not
 */
export function formatOf(request: TranslateRequest): TextFormat {
  const { tag_handling: language, text } = request;
  const splitting = splittings[request.split_sentences ?? (language === "html" ? "nonewlines" : "1")];
  if (language === undefined) return { splitting };
  checkTags(text);
  if (language === "xml" && request.tag_handling_version === "v2" && !text.every(isWellFormedXml)) {
    const message = "Tag handling parsing failed, please check input.";
    throw new Problem({ status: 400, code: "markup-invalid", message, param: "text" });
  }
  const { splitting_tags: splittingTags, non_splitting_tags: nonSplittingTags, ignore_tags: ignoreTags } = request;
  const outlineDetection = request.outline_detection;
  return { splitting, markup: { language, splittingTags, nonSplittingTags, ignoreTags, outlineDetection } };
}

/**
 * The register that a request asks for.
 * @param isFollowed whether the model can be asked for one
 * @throws Problem 400 where it cannot, and it is not only preferred
 */
export function registerOf({ formality }: TranslateRequest, isFollowed: boolean): Register | undefined {
  if (formality === "default") return undefined;
  if (isFollowed) return formality.endsWith("more") ? "formal" : "informal";
  if (formality.startsWith("prefer_")) return undefined;
  const message = "'formality' is not supported for given 'target_lang'.";
  throw new Problem({ status: 400, code: "formality-unsupported", message, param: "formality" });
}
