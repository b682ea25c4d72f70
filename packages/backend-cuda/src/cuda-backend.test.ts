import { describeBackend } from "@bayling/backend-conformance";
import { cuda } from "./cuda.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const cacheFolder = temporaryFolder();

describeBackend({
  name: "cuda, on llama.cpp's CPU",
  create: () => cuda({ device: "cpu", threads: 1, cacheType: "f32", cacheFolder }),
  // llama.cpp quantizes what it multiplies with, to eight bits.
  tolerance: "int8",
  hardware: "llama.cpp",
});
