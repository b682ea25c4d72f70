import { type Backend, type ComputeDevice, type TensorType, tensorTypeNames } from "@bayling/core/backend";
import { type BackendCase, BackendContext } from "./backend-context.ts";
import { boundOf, type Tolerance } from "./compare.ts";
import { type DeviceCase, DeviceContext } from "./device-context.ts";

/** How one case went. */
export interface CaseResult {
  /** What it threw: a `CaseSkipped` when it does not apply, `undefined` when it passed. */
  readonly error: unknown;
  /** The largest error that it measured. */
  readonly nmse: number | undefined;
}

/** Runs one case against a backend, and disposes of what it has loaded. Needs no test runner. */
export async function runBackendCase(
  backendCase: BackendCase,
  backend: Backend,
  options: {
    readonly tolerance?: Tolerance | undefined;
    readonly weightTypes?: readonly TensorType[] | undefined;
  } = {},
): Promise<CaseResult> {
  const weightTypes = options.weightTypes ?? tensorTypeNames;
  return runIn(new BackendContext(backend, boundOf(options.tolerance ?? "f32"), weightTypes), backendCase.run);
}

/** Runs one case against a device, and disposes of what it has opened. Needs no test runner. */
export async function runDeviceCase(
  deviceCase: DeviceCase,
  device: ComputeDevice,
  options: { readonly tolerance?: Tolerance | undefined } = {},
): Promise<CaseResult> {
  return runIn(new DeviceContext(device, boundOf(options.tolerance ?? "f32")), deviceCase.run);
}

async function runIn<Context extends { readonly worst: number | undefined; close(): Promise<void> }>(
  context: Context,
  run: (context: Context) => Promise<void>,
): Promise<CaseResult> {
  let error: unknown;
  try {
    await run(context);
  } catch (thrown) {
    error = thrown;
  }
  try {
    await context.close();
  } catch (thrown) {
    error ??= new Error("dispose() failed", { cause: thrown });
  }
  return { error, nmse: context.worst };
}
