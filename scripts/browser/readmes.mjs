import { runReadme as runOnWebGpu } from "../../packages/backend-webgpu/README.md";
import { runReadme as runOnCpu } from "../../README.md";

/** The code of the READMEs, each a function of the model's source, by the backend that it shows. */
export const readmes = { cpu: runOnCpu, webgpu: runOnWebGpu };
