import type { Limits } from "../limits.ts";
import { Problem } from "../problem.ts";

type Content = string | readonly { readonly text: string }[];

/** @throws Problem 413 for texts that together are longer than a prompt may be */
export function checkPromptLength(texts: readonly Content[], param: string, { promptCharacters }: Limits): void {
  const lengthOf = (text: Content): number =>
    typeof text === "string" ? text.length : text.reduce((sum, part) => sum + part.text.length, 0);
  if (texts.reduce((sum, text) => sum + lengthOf(text), 0) <= promptCharacters) return;
  const message = `The prompt has more than the ${promptCharacters} characters that it may have.`;
  throw new Problem({ status: 413, code: "prompt-too-long", message, param });
}

/** @throws Problem 400 for more tokens than the server lets be written */
export function maxTokensOf(
  { max_tokens }: { readonly max_tokens?: number | null | undefined },
  { maxTokens }: Limits,
  param: string,
): number | undefined {
  const wanted = max_tokens ?? maxTokens;
  if (wanted <= maxTokens) return Number.isFinite(wanted) ? wanted : undefined;
  const message = `${param} is ${wanted}, and the server writes at most ${maxTokens}.`;
  throw new Problem({ status: 400, code: "argument-invalid", message, param });
}
