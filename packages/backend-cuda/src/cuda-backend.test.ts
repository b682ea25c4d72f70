import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describeBackend } from "@bayling/backend-conformance";
import { afterAll } from "vitest";
import { cuda } from "./cuda.ts";

const cacheFolder = fs.mkdtempSync(path.join(os.tmpdir(), "bayling-cuda-"));
afterAll(() => fs.rmSync(cacheFolder, { recursive: true, force: true }));

describeBackend({
  name: "cuda, on llama.cpp's CPU",
  create: () => cuda({ device: "cpu", threads: 1, cacheType: "f32", cacheFolder }),
  // llama.cpp quantizes what it multiplies with, to eight bits.
  tolerance: "int8",
  hardware: "llama.cpp",
});
