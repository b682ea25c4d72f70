import { readFileSync } from "node:fs";
import path from "node:path";
import type { BitextReport } from "@bayling/tuning";
import type { Terminal } from "../output/terminal.ts";
import { visible } from "../output/text-width.ts";
import { grouped } from "./grouped.ts";

type Counts = Readonly<Record<string, { readonly count: number }>>;

/** Says what did not become a pair, and why: a file in another encoding or language would pass for a small one. */
export function notePrepared(work: string, terminal: Terminal): void {
  const file = path.join(work, "prepare", "report.json");
  const report = JSON.parse(readFileSync(file, "utf8")) as BitextReport;
  const converted = Object.entries(report.converted).map(([tag, count]) => `${grouped(count)} texts to ${tag}`);
  const unread = report.files.flatMap(({ file: name, problems }) => {
    const counts = Object.entries(problems).map(([problem, { count, samples }]) => {
      const lines = samples.map(({ line }) => line).sort((one, other) => one - other);
      return `${problem} ${grouped(count)} (${lines.length === 1 ? "line" : "lines"} ${lines.join(", ")}${count > lines.length ? " …" : ""})`;
    });
    return counts.length === 0 ? [] : [`not read of ${visible(name)}: ${counts.join(", ")}`];
  });
  const reasons = countsOf(report.rejected);
  const notes = [
    ...unread,
    ...(reasons === "" ? [] : [`left out of ${grouped(report.read)} pairs: ${reasons}`]),
    ...(converted.length === 0 ? [] : [`converted: ${converted.join(", ")}`]),
  ];
  if (notes.length > 0) terminal.note(...notes, terminal.paintNote("dim", `samples are in ${visible(file)}`));
}

function countsOf(counted: Counts): string {
  return Object.entries(counted)
    .filter(([, { count }]) => count > 0)
    .sort(([, { count: one }], [, { count: other }]) => other - one)
    .map(([reason, { count }]) => `${reason} ${grouped(count)}`)
    .join(", ");
}
