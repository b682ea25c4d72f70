import { type Backend, BayLingError } from "@bayling/core";

/** Backends outside core: packages that export a function of the backend's name. Loaded only when asked for. */
const packages: Readonly<Record<string, string>> = {
  webgpu: "@bayling/backend-webgpu",
  cuda: "@bayling/backend-cuda",
};

export const backendNames: readonly string[] = ["cpu", ...Object.keys(packages)];

/**
 * The backend that `--backend` names.
 * @throws BayLingError `backend-not-available` when its package is not installed or it cannot run here
 */
export async function backendByName(name: string): Promise<Backend> {
  if (name === "cpu") return (await import("@bayling/core/cpu")).cpu();
  const packageName = packages[name]!;
  let module: Record<string, (() => Backend) | undefined>;
  try {
    module = await import(packageName);
  } catch (cause) {
    throw new BayLingError("backend-not-available", {
      field: "--backend",
      problem: `the backend "${name}" is not there yet: the package ${packageName} is not installed`,
      remedy: "Use --backend cpu",
      cause,
    });
  }
  const backend = module[name]!();
  const probe = await backend.probe();
  if (probe.available) return backend;
  throw new BayLingError("backend-not-available", {
    field: "--backend",
    problem: `the backend "${name}" cannot run here: ${probe.reason}`,
    remedy: "Use --backend cpu",
  });
}
