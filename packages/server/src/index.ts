export type { AccessOptions } from "./access.ts";
export type { GivenLimits, Limits } from "./limits.ts";
export { type Listening, type ListenOptions, listen } from "./listen.ts";
export type { ModelInput, ServedModel } from "./models.ts";
export type { RequestReport } from "./request-report.ts";
export { createServer, type Server, type ServerOptions } from "./server.ts";
