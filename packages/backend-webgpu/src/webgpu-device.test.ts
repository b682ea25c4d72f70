import { describeBackend, describeDevice } from "@bayling/backend-conformance";
import { createGraphBackend } from "@bayling/core/backend";
import { webgpuDevice } from "./webgpu-device.ts";

describeDevice({ name: "webgpu, by operation", create: () => webgpuDevice() });
describeBackend({ name: "webgpu, by operation", create: () => createGraphBackend(webgpuDevice()) });
