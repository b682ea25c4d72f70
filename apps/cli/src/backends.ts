import type { TierReport, WebGpuProfile } from "@bayling/backend-webgpu";
import { type Backend, BayLingError } from "@bayling/core";

export const backendNames = ["cpu", "webgpu", "cuda"] as const;

export type BackendName = (typeof backendNames)[number];

/** What the backend of the GPU tells while it works. */
export interface GpuReports {
  /** Switched off; times of kernels once it is switched on. */
  readonly profile: WebGpuProfile;
  /** How it multiplies; once a model is loaded. */
  tier?: TierReport;
}

export interface OpenedBackend {
  readonly backend: Backend;
  readonly gpu?: GpuReports | undefined;
}

/**
 * The backend that `--backend` names. Its package is loaded only then.
 * @throws BayLingError `backend-not-available` when it cannot run here
 */
export async function openBackend(name: BackendName): Promise<OpenedBackend> {
  const opened = await loadBackend(name);
  const probe = await opened.backend.probe();
  if (probe.available) return opened;
  throw notAvailable(name, `cannot run here: ${probe.reason.replace(/\.$/, "")}`);
}

async function loadBackend(name: BackendName): Promise<OpenedBackend> {
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
    case "cuda":
      throw notAvailable(name, "is not there yet");
  }
}

function notAvailable(name: BackendName, problem: string): BayLingError {
  return new BayLingError("backend-not-available", {
    field: "--backend",
    problem: `the backend "${name}" ${problem}`,
    remedy: "Use --backend cpu",
  });
}
