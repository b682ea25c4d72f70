import type { CardData } from "./card-data.ts";
import { arrow, attribution, byCount, grouped, percent, rejectReasons, sumOf } from "./card-facts.ts";

/** The card of a data set in Markdown, as data sets on Hugging Face have one. */
export function markdownCard(data: CardData): string {
  const { name, dialogues, turns, splits, heldBack, revisions, rejectedDrafts } = data;
  const directions = byCount(data.directions);
  const lines = [
    `# ${inline(name)}`,
    "",
    `${grouped(dialogues)} dialogues of ${grouped(turns)} turns about translations, for training models that are asked again.`,
    "",
    "## What is in it",
    "",
    ...table(
      ["split", "dialogues"],
      [...Object.entries(splits), ...(heldBack > 0 ? [["held back from training", heldBack] as const] : [])],
    ),
    "",
    ...table(
      ["direction", "dialogues"],
      directions.map(([direction, count]) => [arrow(direction), count]),
    ),
    "",
    ...table(["turns", "dialogues"], Object.entries(data.turnsPerDialogue)),
    "",
    ...table(["language of instructions", "turns"], byCount(data.instructionLanguages)),
    "",
    "## Acts",
    "",
    ...table(
      ["act", "turns", ...directions.map(([direction]) => arrow(direction)), "check decides"],
      actRows(data).map(({ kind, total, counts, decided }) => [
        ...[kind, total, ...directions.map(([direction]) => counts[direction] ?? 0)],
        decided,
      ]),
    ),
    "",
    "Every reply passed the check of its act and of all that was asked before: no check says that it fails. What no check can",
    "decide, such as whether an explanation is right, is not counted as decided.",
    "",
    "What first turns ask for together with the translation:",
    "",
    ...table(["act", "turns"], byCount(data.asked)),
    "",
    "## Where replies come from",
    "",
    ...table(["origin", "turns"], byCount(data.derivations)),
    "",
    `Of ${grouped(revisions.total)} revised translations ${grouped(revisions.mechanical)} (${percent(revisions.mechanical, revisions.total)}) are mechanical: ` +
      "a rule wrote words that no person wrote for this text.",
    `${grouped(rejectedDrafts)} drafts failed a check and stand beside the reply that passed, as preferences.`,
    "",
    ...table(["rule", "turns"], byCount(data.rules)),
    "",
    "## What was left out",
    "",
    ...table(
      ["stage", "reason", "count"],
      rejectReasons(data).map(({ stage, reason, count }) => [stage, reason, count]),
    ),
    "",
    "## Licences",
    "",
    ...table(
      ["corpus", "licence", "dialogues", "files"],
      data.licenses.map(({ corpus, license, dialogues: count, files }) => [
        ...[corpus, license ?? "not stated", count, files.join(", ")],
      ]),
    ),
    "",
    `Made from ${inline(attribution(data))}. Name them wherever you give this data set, or a model that was trained on it, away.`,
    "",
    "## How it was made",
    "",
    ...table(["engine", "dialogues"], byCount(data.engines)),
    "",
    ...table(["generator", "dialogues"], byCount(data.generators)),
    ...(sumOf(data.models) === 0 ? [] : ["", ...table(["teacher", "dialogues"], byCount(data.models))]),
    "",
    "`@bayling/tuning` made it; the manifests of its stages hold every option, seed and hash of an input.",
    "",
  ];
  return lines.join("\n");
}

/** Kinds of acts with their turns, the most frequent first. */
export function actRows({ acts, verdicts }: CardData): readonly {
  readonly kind: string;
  readonly total: number;
  readonly counts: Readonly<Record<string, number>>;
  /** The share of turns whose check decides. */
  readonly decided: string;
}[] {
  const totals = Object.fromEntries(Object.entries(acts).map(([kind, counts]) => [kind, sumOf(counts)]));
  return byCount(totals).map(([kind, total]) => ({
    ...{ kind, total, counts: acts[kind]! },
    decided: percent(verdicts[kind]?.pass ?? 0, total),
  }));
}

type Cell = string | number;

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  if (rows.length === 0) return ["None."];
  const line = (cells: readonly Cell[]) =>
    `| ${cells.map((cell) => (typeof cell === "number" ? grouped(cell) : inline(cell))).join(" | ")} |`;
  const rule = rows[0]!.map((cell) => (typeof cell === "number" ? "---:" : "---"));
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)];
}

/** Text of others within a line of Markdown. */
function inline(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").replace(/[\\`*_[\]<>|#&]/g, (character) => `\\${character}`);
}
