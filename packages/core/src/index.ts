export { BayLingError, type ErrorCode, type ErrorDetails } from "./errors.ts";
