import type { AdapterInput } from "@bayling/core";
import { Option } from "commander";

/** `--adapter`, which may be given several times. */
export function adapterOption(): Option {
  return new Option(
    "--adapter <path[=scale]>",
    "a LoRA adapter, a folder of PEFT or a .gguf file, and how much of it (default: 1); several add up",
  ).argParser(collectAdapters);
}

/** What follows the last `=` is the scale if it is a number: paths and URLs may hold that character too. */
function collectAdapters(text: string, before: readonly AdapterInput[] | undefined): readonly AdapterInput[] {
  const [, path, scale] = /^(.+)=([-+]?(?:\d+\.?\d*|\.\d+))$/s.exec(text) ?? [];
  const input = path === undefined ? { source: text } : { source: path, scale: Number(scale) };
  return [...(before ?? []), input];
}
