import { describeBackend } from "@bayling/backend-conformance";
import { webgpu } from "./webgpu-backend.ts";

describeBackend({ name: "webgpu", create: () => webgpu() });
