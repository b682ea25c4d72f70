// The same run as `webgpu-backend.test.ts`, in a browser.
import { describeBackend } from "@bayling/backend-conformance";
import { webgpu } from "./webgpu-backend.ts";

describeBackend({ name: "webgpu", create: () => webgpu() });
