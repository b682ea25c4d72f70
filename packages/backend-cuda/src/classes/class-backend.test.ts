import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describeBackend } from "@bayling/backend-conformance";
import { afterAll } from "vitest";
import { createCudaBackend } from "../cuda-backend.ts";

const cacheFolder = fs.mkdtempSync(path.join(os.tmpdir(), "bayling-classes-"));
afterAll(() => fs.rmSync(cacheFolder, { recursive: true }));

describeBackend({
  name: "cuda through classes",
  create: () =>
    createCudaBackend(
      { device: "cpu", threads: 1, cacheType: "f32", cacheFolder },
      { openLibrary: async () => ({ library: undefined, reason: "a test asks for it" }) },
    ),
  tolerance: "int8",
});
