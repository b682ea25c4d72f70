import type { RequestReport } from "@bayling/server";
import type { Context } from "../context.ts";
import { formatSeconds, plural } from "../output/numbers.ts";

/** A line for every request, without texts: on stderr for people, with `--json` on stdout. */
export class RequestLog {
  readonly #context: Context;
  readonly #flags: { readonly json?: true; readonly quiet?: true };

  constructor(context: Context, flags: { readonly json?: true; readonly quiet?: true }) {
    this.#context = context;
    this.#flags = flags;
  }

  add(report: RequestReport): void {
    const { terminal, io } = this.#context;
    const { cause, ...fields } = report;
    // What a failure says may quote the request: only for who looks for it.
    if (cause !== undefined && (io.env.BAYLING_DEBUG ?? "") !== "")
      terminal.note(String((cause as Error).stack ?? cause));
    if (this.#flags.quiet === true) return;
    const time = new Date();
    if (this.#flags.json === true) {
      // Nobody reads any more: that ends the server by itself.
      terminal.printJsonLine({ time: time.toISOString(), ...fields }).catch(() => {});
      return;
    }
    terminal.note(this.#line(report, time));
  }

  #line({ status, method, route, seconds, usage, problem, client }: RequestReport, time: Date): string {
    const { paintNote } = this.#context.terminal;
    const color = status < 400 && problem === undefined ? "green" : status < 500 ? "yellow" : "red";
    const facts = [formatSeconds(seconds)];
    if (usage !== undefined) {
      const { promptTokens, reusedTokens, generatedTokens } = usage;
      facts.push(`${promptTokens} (${reusedTokens} known) + ${plural(generatedTokens, "token")}`);
    }
    if (problem !== undefined) facts.push(problem);
    facts.push(client);
    const clock = paintNote("dim", time.toTimeString().slice(0, 8));
    return `${clock} ${paintNote(color, String(status))} ${method} ${route} ${paintNote("dim", `· ${facts.join(" · ")}`)}`;
  }
}
