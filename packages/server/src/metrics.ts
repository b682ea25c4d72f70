import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Admission } from "./admission.ts";

const seconds = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** What one server counts, in Prometheus' terms. Labels are routes and statuses, never what a client wrote. */
export class Metrics {
  readonly registry: Registry = new Registry();
  readonly #requests: Counter<"route" | "status">;
  readonly #duration: Histogram<"route">;
  readonly #firstToken: Histogram;
  readonly #tokens: Counter<"kind">;

  constructor(admission: Admission) {
    const registers = [this.registry];
    this.#requests = new Counter({
      name: "bayling_requests_total",
      help: "Requests that were answered",
      labelNames: ["route", "status"],
      registers,
    });
    this.#duration = new Histogram({
      name: "bayling_request_seconds",
      help: "From a request to the end of its answer",
      labelNames: ["route"],
      buckets: seconds,
      registers,
    });
    this.#firstToken = new Histogram({
      name: "bayling_time_to_first_token_seconds",
      help: "From a request to its first token, waiting included",
      buckets: seconds,
      registers,
    });
    this.#tokens = new Counter({
      name: "bayling_tokens_total",
      help: "Tokens of prompts, those of them that were in the cache, and tokens written",
      labelNames: ["kind"],
      registers,
    });
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    gauge("bayling_requests_running", "Requests that have a place", () => admission.running);
    gauge("bayling_requests_waiting", "Requests that wait for a place", () => admission.queued);
    gauge("bayling_places", "Sequences that may be in use at once", () => admission.maxConcurrent);
  }

  /** @param route as it is declared: `/v1/models/{id}` */
  answered(route: string, status: number, milliseconds: number): void {
    this.#requests.inc({ route, status });
    this.#duration.observe({ route }, milliseconds / 1000);
  }

  firstToken(milliseconds: number): void {
    this.#firstToken.observe(milliseconds / 1000);
  }

  /** Of a finished generation; see `GenerationUsage` of core. */
  generated(usage: {
    readonly promptTokens: number;
    readonly reusedTokens: number;
    readonly generatedTokens: number;
  }): void {
    this.#tokens.inc({ kind: "prompt" }, usage.promptTokens);
    this.#tokens.inc({ kind: "reused" }, usage.reusedTokens);
    this.#tokens.inc({ kind: "generated" }, usage.generatedTokens);
  }
}
