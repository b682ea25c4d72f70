import { BpeTokenizer } from "./bpe-tokenizer.ts";
import { checkRankCount, MergeRanks } from "./merge-ranks.ts";
import { keepsSpacesInFront } from "./sentencepiece-bpe.ts";
import type { TokenRoles } from "./token-roles.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { readTokenizerJson, type TokenizerJsonFile } from "./tokenizer-json-file.ts";
import { byteTokensOf, Vocabulary } from "./vocabulary.ts";
import { scanSpacedWords, scanWholeText, sequenceScanner } from "./word-scanners.ts";

/**
 * The tokenizer of a Hugging Face `tokenizer.json` with a BPE model, byte-level or SentencePiece-like. Added tokens
 * that are not special are found in all text, special ones only in text that may hold them.
 * @param json the parsed file
 * @param sourceName what error messages call it
 * @param roles what the files beside it say of its tokens
 * @throws BayLingError `tokenizer-not-supported` that names the part which is not known, `tokenizer-invalid`
 */
export function createTokenizerFromJson(json: unknown, sourceName: string, roles: TokenRoles = {}): Tokenizer {
  const file = readTokenizerJson(json, sourceName, roles);
  const { pipeline, named } = file;
  const vocabulary = new Vocabulary(file.spellings, file.types, pipeline.alphabet, sourceName, "model.vocab");
  const byteLevel = pipeline.alphabet === "bytes";
  const [scanner, ...scanners] = pipeline.scanners;
  const wholeText = !byteLevel && keepsSpacesInFront(vocabulary) ? scanSpacedWords : scanWholeText;
  return new BpeTokenizer({
    kind: byteLevel ? "byte-level-bpe" : "sentencepiece-bpe",
    source: sourceName,
    vocabulary,
    model: {
      ranks: ranksOf(file, vocabulary),
      symbols: byteLevel ? "bytes" : "characters",
      byteTokens: byteTokensOf(vocabulary),
      unknownToken: named.unknown,
      fuseUnknown: file.fuseUnknown,
      spaceSymbol: !byteLevel,
      wholeWords: file.wholeWords,
    },
    scan: scanner === undefined ? wholeText : sequenceScanner([scanner, ...scanners]),
    specialTokens: file.added,
    overlaps: "leftmost",
    spacePrefix: pipeline.spacePrefix,
    stripsPrefix: pipeline.stripsPrefix,
    normalize: pipeline.normalize,
    named,
    addsBos: file.addsBos,
  });
}

function ranksOf({ merges, mergeCount, ids, source }: TokenizerJsonFile, vocabulary: Vocabulary): MergeRanks {
  checkRankCount(mergeCount, source, "model.merges");
  const ranks = MergeRanks.ofMerges(vocabulary.size, mergeCount);
  let rank = 0;
  for (const [left, right] of merges) {
    // Control tokens stand for no bytes and are never found, so a merge of or into one has no effect.
    ranks.add(rank++, ids.get(left + right)!, vocabulary.strings.byteLength(ids.get(left)!));
  }
  return ranks;
}
