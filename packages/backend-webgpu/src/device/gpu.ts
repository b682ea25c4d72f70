import type { BayLingError } from "@bayling/core/backend";
import { deviceFailed, notAvailable } from "../webgpu-errors.ts";
import type { WebGpuOptions } from "../webgpu-options.ts";
import { adapterName, findLanguageFeatures, limitsRemedy, requestAdapter } from "../webgpu-probe.ts";
import { limitsTooSmall, wantedLimits } from "./limits.ts";
import { PipelineCache } from "./pipeline-cache.ts";

/** Features that make kernels faster; none of them is needed. */
const wantedFeatures = ["subgroups", "shader-f16", "timestamp-query", "chromium-experimental-subgroup-matrix"];

/** How long the news that a device is lost may take to follow the failures that come of it, in milliseconds. */
const newsTime = 50;

/** An open device with its compiled kernels. Models share it; compiling takes longer than all else. */
export class Gpu {
  readonly device: GPUDevice;
  /** Missing for devices of a user in browsers that do not say it. */
  readonly info: GPUAdapterInfo | undefined;
  /** Of WGSL. */
  readonly languageFeatures: ReadonlySet<string>;
  readonly pipelines: PipelineCache;
  #failure: GPUError | undefined;
  #lost = false;

  private constructor(device: GPUDevice, info: GPUAdapterInfo | undefined, languageFeatures: ReadonlySet<string>) {
    this.device = device;
    this.info = info;
    this.languageFeatures = languageFeatures;
    this.pipelines = new PipelineCache(device);
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#failure ??= event.error;
    });
    device.lost.then(() => {
      this.#lost = true;
    });
  }

  /** @throws BayLingError `backend-not-available` */
  static async open(options: WebGpuOptions): Promise<Gpu> {
    const languageFeatures = await findLanguageFeatures();
    if (options.device !== undefined) {
      const device = options.device as GPUDevice;
      checkLimits(device);
      return new Gpu(device, device.adapterInfo, languageFeatures);
    }
    const adapter = await requestAdapter(options);
    checkLimits(adapter);
    const requiredFeatures = wantedFeatures.filter((name) => adapter.features.has(name)) as GPUFeatureName[];
    try {
      const device = await adapter.requestDevice({ requiredFeatures, requiredLimits: wantedLimits(adapter.limits) });
      return new Gpu(device, adapter.info, languageFeatures);
    } catch (cause) {
      throw notAvailable(`the GPU cannot be opened: ${String(cause)}`, "Try again, or update its driver", cause);
    }
  }

  /** What a person calls it. */
  get name(): string {
    return adapterName(this.info);
  }

  get isLost(): boolean {
    return this.#lost;
  }

  /** Whether it is gone. To be asked after a failure: the news may still be on its way, and is waited for. */
  async wasLost(): Promise<boolean> {
    if (this.#lost) return true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const noNews = new Promise((resolve) => {
      timer = setTimeout(resolve, newsTime);
    });
    await Promise.race([this.device.lost, noNews]);
    clearTimeout(timer);
    return this.#lost;
  }

  /** Throws what went wrong since the last call. @throws BayLingError `out-of-memory`, `backend-failed` */
  checkFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw deviceFailed(failure);
  }
}

/** The device of one backend: opened when it is first needed, and again when it was lost. */
export class GpuProvider {
  readonly #options: WebGpuOptions;
  readonly #open: () => Promise<Gpu>;
  #gpu: Promise<Gpu> | undefined;

  /** @param open how to get at a new one; tests have other ways */
  constructor(options: WebGpuOptions, open: () => Promise<Gpu> = () => Gpu.open(options)) {
    this.#options = options;
    this.#open = open;
  }

  /** @throws BayLingError `backend-not-available` */
  async get(): Promise<Gpu> {
    for (;;) {
      this.#gpu ??= this.#open();
      const opening = this.#gpu;
      const gpu = await opening.catch(() => undefined);
      if (gpu !== undefined && !gpu.isLost) return gpu;
      // Of those who wait together, the first to get here makes room for one new device for all.
      if (this.#gpu === opening) this.#gpu = undefined;
      if (gpu === undefined) return opening;
      if (this.#options.device !== undefined) throw ownDeviceLost();
    }
  }
}

function checkLimits({ limits }: Pick<GPUDevice, "limits">): void {
  const problem = limitsTooSmall(limits);
  if (problem !== undefined) throw notAvailable(`the GPU cannot run models: ${problem}`, limitsRemedy);
}

function ownDeviceLost(): BayLingError {
  return notAvailable(
    "the device that was passed to webgpu() is lost",
    "Make a new one and load the model again; without a device of yours, the backend replaces its own by itself",
  );
}
