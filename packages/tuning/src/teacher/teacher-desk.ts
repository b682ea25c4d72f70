import { Budget, type BudgetLimits } from "./budget.ts";
import { RateLimit, type RateLimits } from "./rate-limit.ts";
import { ReplyCache } from "./reply-cache.ts";
import { estimatePrompt, type Teacher, type TeacherReply, type TeacherRequest } from "./teacher.ts";

export interface TeacherDeskOptions {
  /** Where replies are kept. */
  readonly cacheFolder: string;
  readonly budget?: BudgetLimits | undefined;
  readonly rate?: RateLimits | undefined;
}

/** A question that was answered. */
export interface AnsweredRequest extends TeacherReply {
  /** SHA-256 of what was asked of whom. */
  readonly key: string;
}

/** Asks a teacher within limits, and nothing twice. */
export class TeacherDesk {
  readonly teacher: Teacher;
  readonly budget: Budget;
  readonly #cache: ReplyCache;
  readonly #rate: RateLimit;
  readonly #counts = { asked: 0, cached: 0 };
  /** Two that ask the same at the same time wait for one reply. */
  readonly #underWay = new Map<string, Promise<TeacherReply>>();

  constructor(teacher: Teacher, { cacheFolder, budget = {}, rate = {} }: TeacherDeskOptions) {
    this.teacher = teacher;
    this.budget = new Budget(budget);
    this.#cache = new ReplyCache(cacheFolder);
    this.#rate = new RateLimit(rate);
  }

  /** How many questions went out, and how many replies were there already. */
  get counts(): { readonly asked: number; readonly cached: number } {
    return { ...this.#counts };
  }

  /** @throws BayLingError `budget-spent`, `endpoint-failed`, `sink-unwritable`; the signal's reason */
  async ask(request: TeacherRequest, signal?: AbortSignal): Promise<AnsweredRequest> {
    signal?.throwIfAborted();
    const key = ReplyCache.key(this.teacher, request);
    const known = this.#cache.get(key);
    if (known !== undefined) {
      this.#counts.cached++;
      this.budget.spend(known);
      return { key, ...known };
    }
    let reply = this.#underWay.get(key);
    if (reply === undefined) {
      reply = this.#send(key, request, signal).finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, reply);
    }
    return { key, ...(await reply) };
  }

  async #send(key: string, request: TeacherRequest, signal: AbortSignal | undefined): Promise<TeacherReply> {
    const most = { promptTokens: estimatePrompt(request), completionTokens: request.maxTokens };
    this.budget.reserve(most);
    let reply: TeacherReply | undefined;
    try {
      await this.#rate.wait(most.promptTokens + most.completionTokens, signal);
      this.#counts.asked++;
      reply = await this.teacher.ask(request, signal);
      this.#cache.set(key, reply);
      return reply;
    } finally {
      this.budget.settle(most, reply);
    }
  }
}
