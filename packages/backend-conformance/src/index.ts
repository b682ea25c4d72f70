export type { BackendCase, BackendContext } from "./backend-context.ts";
export { backendCases } from "./cases/index.ts";
export { type Tolerance, type ToleranceClass, toleranceBounds } from "./compare.ts";
export { type CaseOutcome, CaseSkipped, type ConformanceCase } from "./conformance-case.ts";
export { type BackendOptions, describeBackend, runBackendCase } from "./describe-backend.ts";
export { renderSupportTable, type SupportResult } from "./support-table.ts";
export * from "./tiny-llama/index.ts";
