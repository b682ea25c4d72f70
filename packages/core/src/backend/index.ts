export { BayLingError, type ErrorCode, type ErrorDetails } from "../errors.ts";
export type * from "./backend.ts";
export type * from "./compute-device.ts";
