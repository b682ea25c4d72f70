import { createSplitter, type Dialogue, joinDialogues, requireHeldOut, type SplitName } from "@bayling/tuning";
import { type SetFlags, toSetOptions } from "./export.ts";

/** The dialogues of one split. */
export async function* ofSplit(
  split: SplitName,
  flags: SetFlags & { readonly work: string },
): AsyncGenerator<Dialogue> {
  const { shares, ...join } = toSetOptions(flags);
  requireHeldOut(flags.work, shares!);
  const splitter = await createSplitter(shares!);
  for await (const dialogue of joinDialogues(join)) {
    if (splitter.splitOfDialogue(dialogue) === split) yield dialogue;
  }
}
