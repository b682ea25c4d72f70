import type { GgufFile } from "../formats/gguf-reader.ts";
import { type TestVocabulary, tokenizerJson } from "./vocabularies.ts";

/** A GGUF vocabulary as a `tokenizer.json`; SentencePiece merges follow from the scores, as Hugging Face derives them. */
export function tokenizerJsonOfGguf({ metadata }: GgufFile, name: string): ReturnType<typeof tokenizerJson> {
  const tokens = [...metadata.requireStrings("tokenizer.ggml.tokens")];
  const types = Array.from(metadata.requireNumbers("tokenizer.ggml.token_type"));
  const lines = metadata.strings("tokenizer.ggml.merges");
  const scores = metadata.numbers("tokenizer.ggml.scores");
  const merges = lines === undefined ? mergesOfScores(tokens, types, scores!) : linesOf(lines);
  const vocabulary: TestVocabulary = { tokens, types, merges };
  if (name === "llama-spm") return tokenizerJson("sentencepiece", vocabulary);
  const json = tokenizerJson("byte-level", vocabulary);
  if (name === "llama-bpe") return json;
  const pattern = JSON.stringify(json.pre_tokenizer).replace("{1,3}", "");
  return { ...json, pre_tokenizer: JSON.parse(pattern) as unknown, model: { ...json.model, ignore_merges: false } };
}

function linesOf(lines: Iterable<string>): [string, string][] {
  return Array.from(lines, (line) => {
    const middle = line.indexOf(" ", 1);
    return [line.slice(0, middle), line.slice(middle + 1)];
  });
}

function mergesOfScores(
  tokens: readonly string[],
  types: readonly number[],
  scores: ArrayLike<number>,
): [string, string][] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges: { pair: [string, string]; score: number; order: number[] }[] = [];
  for (const [id, token] of tokens.entries()) {
    if (types[id] !== 1) continue;
    const characters = Array.from(token);
    for (let cut = 1; cut < characters.length; cut++) {
      const pair: [string, string] = [characters.slice(0, cut).join(""), characters.slice(cut).join("")];
      const parts = pair.map((part) => ids.get(part));
      if (parts.every((part) => part !== undefined && types[part] === 1)) {
        merges.push({ pair, score: scores[id]!, order: parts as number[] });
      }
    }
  }
  merges.sort((a, b) => b.score - a.score || a.order[0]! - b.order[0]! || a.order[1]! - b.order[1]!);
  return merges.map(({ pair }) => pair);
}
