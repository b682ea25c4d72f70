import { BayLingError } from "@bayling/core";

/** What a million tokens cost, in any currency. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

export interface BudgetLimits {
  /** Tokens, sent and received. */
  readonly tokens?: number | undefined;
  /** In the currency of the price, which it needs. */
  readonly money?: number | undefined;
  readonly price?: Price | undefined;
}

export interface TokenUse {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export function costOf({ promptTokens, completionTokens }: TokenUse, { input, output }: Price): number {
  return (promptTokens * input + completionTokens * output) / 1e6;
}

/** Keeps what is spent below limits: what is under way counts with the most that it can cost. */
export class Budget {
  readonly #limits: BudgetLimits;
  readonly #spent = { promptTokens: 0, completionTokens: 0 };
  readonly #reserved = { promptTokens: 0, completionTokens: 0 };

  /** @throws BayLingError `argument-invalid` for a limit of money without a price */
  constructor(limits: BudgetLimits) {
    if (limits.money !== undefined && limits.price === undefined) {
      throw new BayLingError("argument-invalid", {
        field: "budget",
        problem: "a limit of money needs the price of tokens",
        remedy: "Give the price of a million tokens, in and out, or a limit in tokens",
      });
    }
    this.#limits = limits;
  }

  get spent(): TokenUse {
    return { ...this.#spent };
  }

  /** Takes what a question can cost at most. @throws BayLingError `budget-spent` when that is too much */
  reserve(most: TokenUse): void {
    const { tokens, money, price } = this.#limits;
    const sum = {
      promptTokens: this.#spent.promptTokens + this.#reserved.promptTokens + most.promptTokens,
      completionTokens: this.#spent.completionTokens + this.#reserved.completionTokens + most.completionTokens,
    };
    const total = sum.promptTokens + sum.completionTokens;
    const cost = price === undefined ? 0 : costOf(sum, price);
    const overTokens = tokens !== undefined && total > tokens;
    if (!overTokens && (money === undefined || cost <= money)) {
      add(this.#reserved, most, 1);
      return;
    }
    throw new BayLingError("budget-spent", {
      problem: "the next question could go over the budget",
      expected: overTokens ? `at most ${tokens} tokens` : `at most ${money}`,
      received: overTokens ? `${total} tokens` : cost.toFixed(4),
      remedy: "What was done so far is kept; give the same command with a larger budget to go on",
    });
  }

  /** Gives back what was reserved and takes what it came to; nothing for a question that failed. */
  settle(reserved: TokenUse, used: TokenUse | undefined): void {
    add(this.#reserved, reserved, -1);
    if (used !== undefined) this.spend(used);
  }

  /** What earlier runs paid for counts as well. */
  spend(used: TokenUse): void {
    add(this.#spent, used, 1);
  }
}

function add(to: { promptTokens: number; completionTokens: number }, use: TokenUse, sign: 1 | -1): void {
  to.promptTokens += sign * use.promptTokens;
  to.completionTokens += sign * use.completionTokens;
}
