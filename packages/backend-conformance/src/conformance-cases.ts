/** The suite without a test runner: for self-tests of a backend, in a browser or at start-up. */
export type { BackendCase, BackendContext } from "./backend-context.ts";
export { backendCases } from "./cases/index.ts";
export { type Tolerance, type ToleranceClass, toleranceBounds } from "./compare.ts";
export { type CaseOutcome, CaseSkipped, type ConformanceCase } from "./conformance-case.ts";
export type { DeviceCase, DeviceContext } from "./device-context.ts";
export { deviceCases } from "./operations/index.ts";
export { type CaseResult, runBackendCase, runDeviceCase } from "./run-case.ts";
export { renderSupportTable, type SupportResult } from "./support-table.ts";
