import type { Command } from "commander";
import type { Context } from "../context.ts";
import { addBenchmark } from "../tune/benchmark.ts";
import { addCard } from "../tune/card.ts";
import { addExport } from "../tune/export.ts";
import { addGenerate } from "../tune/generate.ts";
import { addPrepare } from "../tune/prepare.ts";
import { addRecipe } from "../tune/recipe.ts";
import { addRun } from "../tune/run.ts";
import { addTeach } from "../tune/teach.ts";
import { addVocabulary } from "../tune/vocabulary.ts";

/** Data to train a model on. */
export function addTune(program: Command, context: Context): void {
  const group = program
    .command("tune")
    .summary("make instructions of interactive translation to train a model on")
    .description(
      "Makes dialogues of instructions and replies about translations out of sentence pairs, in a work folder, stage by stage: " +
        "prepare, generate, teach (if you have a teacher), export, card, a benchmark, and a recipe that trains on them.",
    );
  addRun(group, context);
  addPrepare(group, context);
  addGenerate(group, context);
  addTeach(group, context);
  addExport(group, context);
  addCard(group, context);
  addBenchmark(group, context);
  addVocabulary(group, context);
  addRecipe(group, context);
}
