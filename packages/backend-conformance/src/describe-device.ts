import type { ComputeDevice } from "@bayling/core/backend";
import type { Tolerance } from "./compare.ts";
import type { DeviceContext } from "./device-context.ts";
import { deviceCases } from "./operations/index.ts";
import { runDeviceCase } from "./run-case.ts";
import { registerSuite } from "./suite.ts";

export interface DeviceOptions {
  /** What the test report and the support table call it. */
  readonly name: string;
  /** Called once; every case opens the device for itself. */
  readonly create: () => ComputeDevice;
  /** How far results may be from float64: a class, or the NMSE itself. Default `"f32"`. */
  readonly tolerance?: Tolerance | undefined;
  /** The word by which `BAYLING_REQUIRE_HARDWARE` asks for it. Default: the device's id. */
  readonly hardware?: string | undefined;
  /** Cases (`rope/far positions, halves`) or whole groups (`rope`) that do not run, with a reason, which is printed. */
  readonly skip?: Readonly<Record<string, string>> | undefined;
  /** For one case, in milliseconds. Default 60,000. */
  readonly timeout?: number | undefined;
}

/**
 * Registers every case of the device contract with vitest. A device that passes may still be lifted wrongly, so run
 * `describeBackend` on `createGraphBackend(device)` too.
 */
export function describeDevice(options: DeviceOptions): void {
  const device = options.create();
  registerSuite<DeviceContext>({
    title: `device ${options.name}`,
    name: options.name,
    cases: deviceCases,
    skip: options.skip ?? {},
    hardware: options.hardware ?? device.id,
    timeout: options.timeout ?? 60_000,
    probe: () => device.probe(),
    run: (each) => runDeviceCase(each, device, options),
  });
}
