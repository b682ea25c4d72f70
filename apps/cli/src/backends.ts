import type { CudaDevice, CudaPlacement } from "@bayling/backend-cuda";
import type { TierReport, WebGpuProfile } from "@bayling/backend-webgpu";
import { type Backend, BayLingError } from "@bayling/core";
import { UsageError } from "./exit-codes.ts";

export const backendNames = ["cpu", "webgpu", "cuda"] as const;

export type BackendName = (typeof backendNames)[number];

/** What the backend of the GPU tells while it works. */
export interface GpuReports {
  /** Switched off; times of kernels once it is switched on. */
  readonly profile: WebGpuProfile;
  /** How it multiplies; once a model is loaded. */
  tier?: TierReport;
}

/** Options of `--backend cuda`, which runs llama.cpp. */
export interface LlamaFlags {
  readonly device?: CudaDevice | undefined;
  readonly gpuLayers?: number | undefined;
  readonly threads?: number | undefined;
}

/** What llama.cpp's backend tells. */
export interface LlamaReports {
  /** What runs where, once a model is loaded. */
  placement?: CudaPlacement;
}

export interface OpenedBackend {
  readonly backend: Backend;
  readonly gpu?: GpuReports | undefined;
  readonly llama?: LlamaReports | undefined;
}

/**
 * The backend that `--backend` names. Its package is loaded only then.
 * @throws BayLingError `backend-not-available` when it cannot run here; UsageError for options of another backend
 */
export async function openBackend(name: BackendName, flags: LlamaFlags = {}): Promise<OpenedBackend> {
  const foreign = name === "cuda" ? undefined : namesOf(flags)[0];
  if (foreign !== undefined) throw new UsageError(`${foreign} needs --backend cuda`);
  const opened = await loadBackend(name, flags);
  const probe = await opened.backend.probe();
  if (probe.available) return opened;
  throw notAvailable(name, `cannot run here: ${probe.reason.replace(/\.$/, "")}`);
}

async function loadBackend(name: BackendName, { device, gpuLayers, threads }: LlamaFlags): Promise<OpenedBackend> {
  switch (name) {
    case "cpu":
      return { backend: (await import("@bayling/core/cpu")).cpu() };
    case "webgpu": {
      const { WebGpuProfile, webgpu } = await import("@bayling/backend-webgpu");
      const profile = new WebGpuProfile();
      profile.enabled = false;
      const gpu: GpuReports = { profile };
      const onTier = (tier: TierReport) => {
        gpu.tier = tier;
      };
      return { backend: webgpu({ profile, onTier }), gpu };
    }
    case "cuda": {
      const { cuda } = await import("@bayling/backend-cuda");
      const llama: LlamaReports = {};
      const onPlacement = (placement: CudaPlacement) => {
        llama.placement = placement;
      };
      return { backend: cuda({ device, gpuLayers, threads, onPlacement }), llama };
    }
  }
}

/** The options of llama.cpp's backend that were typed, as they were typed. */
export function namesOf({ device, gpuLayers, threads }: LlamaFlags): string[] {
  const typed = { "--device": device, "--gpu-layers": gpuLayers, "--threads": threads };
  return Object.entries(typed).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

function notAvailable(name: BackendName, problem: string): BayLingError {
  return new BayLingError("backend-not-available", {
    field: "--backend",
    problem: `the backend "${name}" ${problem}`,
    remedy: "Use --backend cpu",
  });
}
