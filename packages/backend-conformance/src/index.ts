export * from "./conformance-cases.ts";
export { type BackendOptions, describeBackend } from "./describe-backend.ts";
export { type DeviceOptions, describeDevice } from "./describe-device.ts";
export * from "./tiny-llama/index.ts";
