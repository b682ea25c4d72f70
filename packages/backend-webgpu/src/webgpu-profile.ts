/** One kernel as it ran once. */
export interface KernelRun {
  /** The kernel and its variant: `linear Q4_0 12288×4096 norm`. */
  readonly name: string;
  /** Nanoseconds of the GPU's clock. */
  readonly begin: number;
  readonly end: number;
  /** Bytes of weights that it read. */
  readonly weightBytes: number;
}

/** All runs of one kernel together. */
export interface KernelSummary {
  readonly name: string;
  readonly runs: number;
  readonly milliseconds: number;
  /** Of the time of all kernels, 0 … 1. */
  readonly share: number;
  readonly weightBytes: number;
  /** Weight bytes a second, in 10⁹; 0 for kernels that read none. */
  readonly gigabytesPerSecond: number;
}

/** The most runs that are kept; older ones make room. */
const maxRuns = 200_000;

/**
 * Times of every kernel, through WebGPU's timestamps. Pass one to `webgpu({ profile })`; kernels then run in a pass each,
 * which takes longer as a whole, while their own times stay what they are. Without the feature `timestamp-query` it stays
 * empty. Browsers round timestamps to 0.1 ms unless told otherwise.
 */
export class WebGpuProfile {
  #runs: KernelRun[] = [];
  /** Set to false to let kernels run as fast as they do without a profile. */
  enabled = true;
  /** Bytes a second that the GPU copies, measured once when the model is loaded; reading and writing count. */
  copyBandwidth: number | undefined;

  get runs(): readonly KernelRun[] {
    return this.#runs;
  }

  add(runs: readonly KernelRun[]): void {
    this.#runs.push(...runs);
    if (this.#runs.length > maxRuns) this.#runs = this.#runs.slice(-maxRuns);
  }

  /** Forgets what ran so far, for instance a warm-up. */
  clear(): void {
    this.#runs = [];
  }

  /** Kernels by the time they took, longest first. */
  summarize(): KernelSummary[] {
    const kernels = new Map<string, { runs: number; nanoseconds: number; weightBytes: number }>();
    let total = 0;
    for (const { name, begin, end, weightBytes } of this.#runs) {
      const kernel = kernels.get(name) ?? { runs: 0, nanoseconds: 0, weightBytes: 0 };
      kernel.runs++;
      kernel.nanoseconds += end - begin;
      kernel.weightBytes += weightBytes;
      total += end - begin;
      kernels.set(name, kernel);
    }
    return [...kernels]
      .map(([name, { runs, nanoseconds, weightBytes }]) => ({
        name,
        runs,
        milliseconds: nanoseconds / 1e6,
        share: total === 0 ? 0 : nanoseconds / total,
        weightBytes,
        gigabytesPerSecond: nanoseconds === 0 ? 0 : weightBytes / nanoseconds,
      }))
      .sort((left, right) => right.milliseconds - left.milliseconds);
  }

  /** The profile as a trace that chrome://tracing and ui.perfetto.dev open. Times in microseconds. */
  toChromeTrace(): { readonly traceEvents: readonly ChromeTraceEvent[] } {
    const start = this.#runs[0]?.begin ?? 0;
    return {
      traceEvents: this.#runs.map(({ name, begin, end, weightBytes }) => ({
        ...{ name, cat: "gpu", ph: "X", pid: 1, tid: 1 },
        ...{ ts: (begin - start) / 1000, dur: (end - begin) / 1000, args: { weightBytes } },
      })),
    };
  }
}

/** A complete event of the Trace Event Format. */
export interface ChromeTraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
}
