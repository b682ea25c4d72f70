import type { Backend, TensorType } from "@bayling/core/backend";
import type { BackendContext } from "./backend-context.ts";
import { backendCases } from "./cases/index.ts";
import type { Tolerance } from "./compare.ts";
import { runBackendCase } from "./run-case.ts";
import { registerSuite } from "./suite.ts";

export interface BackendOptions {
  /** What the test report and the support table call it. */
  readonly name: string;
  /** Called once; every case loads its own models into the backend. */
  readonly create: () => Backend;
  /** How far scores may be from float64: a class, or the NMSE itself. Default `"f32"`. */
  readonly tolerance?: Tolerance | undefined;
  /** Weights that the backend runs; all others it must refuse. Default: every type. */
  readonly weightTypes?: readonly TensorType[] | undefined;
  /** The word by which `BAYLING_REQUIRE_HARDWARE` asks for it. Default: the backend's id. */
  readonly hardware?: string | undefined;
  /** Cases (`fork/of a fork`) or whole groups (`fork`) that do not run, with a reason, which is printed. */
  readonly skip?: Readonly<Record<string, string>> | undefined;
  /** For one case, in milliseconds. Default 60,000. */
  readonly timeout?: number | undefined;
}

/** Registers every case of the backend contract with vitest. Call it in a test file; see `docs/writing-a-backend.md`. */
export function describeBackend(options: BackendOptions): void {
  const backend = options.create();
  registerSuite<BackendContext>({
    title: `backend ${options.name}`,
    name: options.name,
    cases: backendCases,
    skip: options.skip ?? {},
    hardware: options.hardware ?? backend.id,
    timeout: options.timeout ?? 60_000,
    probe: () => backend.probe(),
    run: (each) => runBackendCase(each, backend, options),
  });
}
