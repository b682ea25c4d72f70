import type { Command } from "commander";
import type { Context } from "../context.ts";
import { addExam } from "../eval/exam.ts";
import { addInteractive } from "../eval/interactive.ts";
import { addJudge } from "../eval/judge.ts";
import { addQuestions } from "../eval/questions.ts";
import { addRanks, addSheet } from "../eval/rank.ts";
import { addScore } from "../eval/score.ts";
import { addTerms } from "../eval/terms.ts";
import { addTranslateSystems } from "../eval/translate.ts";
import { addVerdicts } from "../eval/verdicts.ts";

/** Measures of translations and of models. */
export function addEval(program: Command, context: Context): void {
  const group = program
    .command("eval")
    .summary("measure translations and models, several systems in one table")
    .description(
      "Measures translations and models. Systems under test are models on any backend, OpenAI-compatible endpoints, or files " +
        "of what they wrote, and stand in one table.",
    );
  addScore(group, context);
  addTranslateSystems(group, context);
  addTerms(group, context);
  addInteractive(group, context);
  addVerdicts(group, context);
  addQuestions(group, context);
  addJudge(group, context);
  addExam(group, context);
  addSheet(group, context);
  addRanks(group, context);
}
