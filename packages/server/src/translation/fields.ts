import { z } from "@hono/zod-openapi";

/** A text of whole characters: a half of one can be written in JSON, and means nothing. */
export const TextField: z.ZodType<string, string> = z
  .string()
  .refine((text) => text.isWellFormed(), "has half a character, which is no text");

/** One text, or several. */
export const TextsField: z.ZodType<string[], string | string[]> = z
  .union([TextField.transform((text) => [text]), z.array(TextField)])
  .openapi({ type: ["string", "array"], items: { type: "string" } });

/** Yes or no, in the ways that forms say it. */
export const FlagField: z.ZodType<boolean, boolean | 0 | 1 | "0" | "1" | "true" | "false"> = z
  .union([z.boolean(), z.literal([0, 1]), z.enum(["0", "1", "true", "false"])])
  .transform((value) => value === true || value === 1 || value === "1" || value === "true");
