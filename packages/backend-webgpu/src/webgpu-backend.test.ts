import { describeBackend } from "@bayling/backend-conformance";
import { webgpu } from "./webgpu.ts";

describeBackend({ name: "webgpu", create: () => webgpu() });
