// The same run as `webgpu-backend.test.ts`, in a browser.
import { describeBackend } from "@bayling/backend-conformance";
import { webgpu } from "./webgpu.ts";

// A software GPU compiles kernels for many seconds, and slower beside other tests.
describeBackend({ name: "webgpu", create: () => webgpu(), timeout: 300_000 });
