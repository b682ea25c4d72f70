import { describeBackend } from "@bayling/backend-conformance";
import { createCudaBackend } from "../cuda-backend.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const cacheFolder = temporaryFolder();

describeBackend({
  name: "cuda, through node-llama-cpp's classes",
  create: () =>
    createCudaBackend(
      { device: "cpu", threads: 1, cacheType: "f32", cacheFolder },
      { openLibrary: async () => ({ library: undefined, reason: "a test asks for it" }) },
    ),
  // llama.cpp quantizes what it multiplies with, to eight bits.
  tolerance: "int8",
  hardware: "llama.cpp",
});
