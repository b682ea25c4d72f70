import type { KernelBinding } from "../device/kernel.ts";
import type { WeightLayout } from "./weight-layout.ts";

/** The bindings of a kernel that reads a matrix, in the order of `MatrixPart.bindings`. */
export function matrixBindings({ streams }: WeightLayout): KernelBinding[] {
  return streams.map(({ name, type }) => ({ name, type, access: "read" }));
}
