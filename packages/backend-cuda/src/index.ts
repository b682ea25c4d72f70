export { cuda } from "./cuda.ts";
export type { CudaDevice, CudaOptions } from "./cuda-options.ts";
export type { CudaPlacement } from "./cuda-placement.ts";
