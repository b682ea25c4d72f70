// The same run as `webgpu-backend.test.ts`, in a browser.
import { describeBackend } from "@bayling/backend-conformance";
import { tensorTypeNames } from "@bayling/core/backend";
import { webgpu } from "./webgpu.ts";

/** One type of each kind of block. A software GPU takes seconds to compile the kernels of a type. */
const typesInBrowsers = ["F32", "F16", "Q8_0", "Q4_0", "Q4_K", "Q6_K"];
const skip = Object.fromEntries(
  tensorTypeNames
    .filter((type) => !typesInBrowsers.includes(type))
    .map((type) => [`weight types/${type}`, "its kernels are the same in Node, where they are tested"]),
);

describeBackend({ name: "webgpu", create: () => webgpu(), timeout: 300_000, skip });
