import os from "node:os";
import { controlGroupFolders, type ReadText, readSystemText } from "./control-groups.ts";

/** Bytes that the process can still take from the machine, as far as its control groups let it. */
export function freeHostBytes(free: number = os.freemem(), read: ReadText = readSystemText): number {
  const rooms = controlGroupFolders("memory", read).map((folder) => roomIn(folder, read) ?? free);
  return Math.max(0, Math.min(free, ...rooms));
}

function roomIn(folder: string, read: ReadText): number | undefined {
  const number = (file: string) => Number(read(`${folder}/${file}`)?.trim() || Number.NaN);
  const second = number("memory.max") - number("memory.current");
  const room = Number.isNaN(second) ? number("memory.limit_in_bytes") - number("memory.usage_in_bytes") : second;
  if (Number.isNaN(room)) return undefined;
  // Files that the system keeps in memory count as used, a model's among them, but give way.
  const statistics = read(`${folder}/memory.stat`) ?? "";
  const given = ["active_file", "inactive_file"].map((name) => {
    const found = new RegExp(`^(?:total_)?${name} (\\d+)$`, "m").exec(statistics)?.[1];
    return Number(found ?? 0);
  });
  return room + given[0]! + given[1]!;
}
