import path from "node:path";
import { BayLingError } from "@bayling/core";
import type { SentencePair } from "../../bitext/sentence-pair.ts";
import type { BudgetLimits, TokenUse } from "../../teacher/budget.ts";
import { estimateTeaching, type TeachingEstimate } from "../../teacher/estimate-teaching.ts";
import { promptVersion } from "../../teacher/prompts.ts";
import type { RateLimits } from "../../teacher/rate-limit.ts";
import { taughtActKinds } from "../../teacher/taught-acts.ts";
import { isTaught, type TaughtPair, type TeachPlan, teachPair } from "../../teacher/teach-pair.ts";
import type { Teacher } from "../../teacher/teacher.ts";
import { TeacherDesk } from "../../teacher/teacher-desk.ts";
import { repliesFolder } from "../begin-anew.ts";
import { type Shard, wholeWork } from "../shard.ts";
import { runShard } from "../sharded-stage.ts";
import { stageFolder } from "../stage-manifest.ts";
import { countProgress, pairKey, type StageProgress } from "./generate-stage.ts";
import { preparedLines, preparedPairs, requirePrepared } from "./prepare-stage.ts";

export interface TeachOptions {
  readonly workFolder: string;
  readonly teacher: Teacher;
  /** Default: all of it. */
  readonly shard?: Shard | undefined;
  /** What differs from {@link defaultTeachPlan}. */
  readonly plan?: Partial<TeachPlan> | undefined;
  /** Of this shard, with what earlier runs of it have spent. */
  readonly budget?: BudgetLimits | undefined;
  readonly rate?: RateLimits | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TeachProgress) => void) | undefined;
}

export interface TeachProgress extends StageProgress {
  readonly spent: TokenUse;
  /** Replies that were refused, by reason. */
  readonly rejects: Readonly<Record<string, number>>;
}

export const defaultTeachPlan: TeachPlan = {
  ...{ seed: 0, share: 0.05, turns: 2, acts: taughtActKinds, instructionLanguages: ["en", "zh", "de"] },
  ...{ attempts: 2, temperature: 0.7 },
};

/** @throws BayLingError `argument-invalid` */
function teachPlan(changes: Partial<TeachPlan> = {}): TeachPlan {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const plan: TeachPlan = { ...defaultTeachPlan, ...given };
  const check = (field: keyof TeachPlan, isRight: boolean, expected: string) => {
    if (isRight) return;
    throw new BayLingError("argument-invalid", {
      field,
      problem: "this cannot be taught",
      expected,
      received: JSON.stringify(plan[field]),
    });
  };
  check("share", plan.share > 0 && plan.share <= 1, "a share of the pairs, above 0 up to 1");
  check("turns", Number.isInteger(plan.turns) && plan.turns >= 1, "a whole number from 1");
  check("attempts", Number.isInteger(plan.attempts) && plan.attempts >= 1, "a whole number from 1");
  check("judge", plan.judge === undefined || (plan.judge >= 1 && plan.judge <= 5), "a score of 1 to 5");
  const known = plan.acts.length > 0 && plan.acts.every((kind) => taughtActKinds.includes(kind));
  check("acts", known, `some of ${taughtActKinds.join(", ")}`);
  check("instructionLanguages", plan.instructionLanguages.length > 0, "some of en, zh, de");
  return plan;
}

/**
 * Has a teacher write what rules cannot. Replies are kept in `teach/replies`, so that nothing is paid for twice.
 * @throws BayLingError `budget-spent`, `endpoint-failed`, `work-incomplete`, `work-busy`, `work-changed`, `sink-unwritable`:
 * what was done before is kept
 */
export async function teachDialogues(options: TeachOptions): Promise<TeachProgress> {
  const { workFolder, teacher, shard = wholeWork, budget, rate, signal, onProgress } = options;
  const plan = teachPlan(options.plan);
  const prepared = requirePrepared(workFolder);
  const cacheFolder = path.join(stageFolder(workFolder, "teach"), repliesFolder);
  const desk = new TeacherDesk(teacher, { cacheFolder, budget, rate });
  // One failure ends all that is under way: the others would only wait for the same.
  const failure = new AbortController();
  const combined = AbortSignal.any([failure.signal, ...(signal === undefined ? [] : [signal])]);
  const asker = {
    model: teacher.name,
    ask: (request: Parameters<TeacherDesk["ask"]>[0]) => desk.ask(request, combined),
  };
  const rejects: Record<string, number> = {};
  const counter = countProgress(Math.ceil(prepared.pairs / shard.of), (progress) =>
    onProgress?.({ ...progress, spent: desk.budget.spent, rejects }),
  );
  const nothing: TaughtPair = { dialogues: [], rejects: {}, use: { promptTokens: 0, completionTokens: 0 } };
  const { name, settings } = teacher;
  await runShard<string, TaughtPair>(
    {
      name: "teach",
      settings: { plan, prompts: promptVersion, teacher: { name, ...settings }, prepared: prepared.files.pairs },
      items: preparedLines(workFolder),
      key: pairKey,
      make: (line) => {
        const pair = JSON.parse(line) as SentencePair;
        if (!isTaught(pair, plan)) return nothing;
        return teachPair(pair, plan, asker).catch((error: unknown) => {
          if (!isBudget(error)) failure.abort(error);
          throw error;
        });
      },
      concurrency: teacher.concurrency,
      onResult: (result, isNew) => {
        if (!isNew) desk.budget.spend(result.use);
        for (const [reason, count] of Object.entries(result.rejects)) rejects[reason] = (rejects[reason] ?? 0) + count;
        counter.add(result, isNew);
      },
    },
    { workFolder, shard, signal },
  );
  return { ...counter.progress, spent: desk.budget.spent, rejects };
}

/** Others that are under way have their part of the budget already. */
function isBudget(error: unknown): boolean {
  return BayLingError.isInstance(error) && error.code === "budget-spent";
}

/** What {@link teachDialogues} would come to for all shards, asked of nobody. @throws BayLingError `work-incomplete` */
export async function estimateTeachingOf(
  workFolder: string,
  changes: Partial<TeachPlan> = {},
  signal?: AbortSignal,
): Promise<TeachingEstimate> {
  const plan = teachPlan(changes);
  requirePrepared(workFolder);
  return estimateTeaching(preparedPairs(workFolder), plan, signal);
}
