import path from "node:path";
import { setImmediate } from "node:timers/promises";
import type { TaughtPair } from "../../teacher/teach-pair.ts";
import { CardCounter, type CardData } from "../card/card-data.ts";
import { htmlCard } from "../card/html-card.ts";
import { markdownCard } from "../card/markdown-card.ts";
import { makeFolder, writeDurably } from "../durable-file.ts";
import { isBegun, joinShards } from "../sharded-stage.ts";
import { createSplitter, type SplitShares } from "../splitter.ts";
import { stageFolder } from "../stage-manifest.ts";
import { defaultShares } from "./export-stage.ts";
import { type JoinOptions, joinDialogues } from "./join-dialogues.ts";
import { preparedReport, requirePrepared } from "./prepare-stage.ts";

export interface CardOptions extends JoinOptions {
  /** Of the data set. Default: the name of the work folder. */
  readonly name?: string | undefined;
  /** As the export has them. */
  readonly shares?: SplitShares | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((dialogues: number) => void) | undefined;
}

/**
 * Writes the card of a data set into `card/`: `README.md`, `report.html` and `card.json`.
 * @throws BayLingError `work-incomplete`, `work-damaged`, `sink-unwritable`
 */
export async function writeCard(options: CardOptions): Promise<CardData> {
  const { workFolder, shares = defaultShares, signal, onProgress } = options;
  const splitter = await createSplitter(shares);
  requirePrepared(workFolder);
  const counter = new CardCounter();
  let seen = 0;
  for await (const dialogue of joinDialogues(options)) {
    if (++seen % 500 === 0) {
      onProgress?.(seen);
      await setImmediate();
    }
    signal?.throwIfAborted();
    counter.add(dialogue, splitter.splitOfDialogue(dialogue));
  }
  const { name = path.basename(path.resolve(workFolder)) } = options;
  const data = withoutFolders(
    counter.result({ name, intake: preparedReport(workFolder), teacher: teaching(workFolder) }),
  );
  const folder = stageFolder(workFolder, "card");
  makeFolder(folder);
  writeDurably(path.join(folder, "card.json"), `${JSON.stringify(data, null, 2)}\n`);
  writeDurably(path.join(folder, "README.md"), markdownCard(data));
  writeDurably(path.join(folder, "report.html"), htmlCard(data));
  return data;
}

/** With names of files alone: a card is for others, whom the folders of this machine do not concern. */
function withoutFolders(data: CardData): CardData {
  return JSON.parse(JSON.stringify(data), (key, value: unknown) => {
    if (key === "file" && typeof value === "string") return path.basename(value);
    const isFiles = key === "files" && Array.isArray(value) && value.every((file) => typeof file === "string");
    return isFiles ? value.map((file) => path.basename(file)) : value;
  }) as CardData;
}

function teaching(workFolder: string): CardData["teacher"] {
  if (!isBegun(workFolder, "teach")) return undefined;
  const rejects: Record<string, number> = {};
  const use = { promptTokens: 0, completionTokens: 0 };
  for (const result of joinShards<TaughtPair>(workFolder, "teach")) {
    use.promptTokens += result.use.promptTokens;
    use.completionTokens += result.use.completionTokens;
    for (const [reason, count] of Object.entries(result.rejects)) rejects[reason] = (rejects[reason] ?? 0) + count;
  }
  return { rejects, use };
}
