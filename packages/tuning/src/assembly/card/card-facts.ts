import type { CardData } from "./card-data.ts";

/** Counts in the order in which people want to see them: the largest first, then by name. */
export function byCount(counts: Readonly<Record<string, number>>): readonly (readonly [name: string, count: number])[] {
  return Object.entries(counts).sort(([one, count], [other, others]) => others - count || (one < other ? -1 : 1));
}

export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** `12,345`, in every locale alike. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `12.3 %` */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;
}

/** `en → de` for `en>de` */
export function arrow(direction: string): string {
  return direction.replace(">", " → ");
}

/** The reasons why lines and pairs were left out, most frequent first. */
export function rejectReasons({ intake, teacher }: CardData): readonly RejectReason[] {
  const lines = new Map<string, number>();
  for (const { problems } of intake.files) {
    for (const [reason, counted] of Object.entries(problems))
      lines.set(reason, (lines.get(reason) ?? 0) + counted.count);
  }
  const stages = [
    ...Array.from(lines, ([reason, count]) => ({ stage: "reading", reason, count })),
    ...Object.entries(intake.rejected).map(([reason, { count }]) => ({ stage: "filters", reason, count })),
    ...Object.entries(teacher?.rejects ?? {}).map(([reason, count]) => ({ stage: "teacher", reason, count })),
  ];
  return stages.sort((one, other) => other.count - one.count || (one.reason < other.reason ? -1 : 1));
}

interface RejectReason {
  readonly stage: string;
  readonly reason: string;
  readonly count: number;
}

/** Says in a sentence what has to be said of the licences. */
export function attribution({ licenses }: CardData): string {
  return licenses.map(({ corpus, license }) => `${corpus} (${license ?? "licence not stated"})`).join(", ");
}
