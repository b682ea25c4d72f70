// The same run as `webgpu-device.test.ts`, in a browser.
import { describeDevice } from "@bayling/backend-conformance";
import { webgpuDevice } from "./webgpu-device.ts";

// A software GPU compiles kernels for many seconds, and slower beside other tests.
describeDevice({ name: "webgpu, by operation", create: () => webgpuDevice(), timeout: 300_000 });
