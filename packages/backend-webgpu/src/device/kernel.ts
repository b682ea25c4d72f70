import { shaderStage } from "./constants.ts";

export interface KernelBinding {
  /** The name of the variable in WGSL. */
  readonly name: string;
  /** Its WGSL type: `array<vec4<f32>>`, a struct that the code declares. */
  readonly type: string;
  readonly access: "uniform" | "read" | "read_write";
}

/**
 * A compute shader and what it is given. Binding i is `bindings[i]` in group 0. `code` is everything else: constants,
 * functions, and an entry point `main`. Shapes that a model fixes are constants of the code, so compilers can unroll;
 * what changes from token to token comes through buffers.
 */
export interface Kernel {
  /** Names the kernel and its variant in profiles and error messages: `linear Q4_0 4096×4096 norm`. */
  readonly label: string;
  readonly bindings: readonly KernelBinding[];
  /** WGSL extensions: `subgroups`, `f16`. */
  readonly enables?: readonly string[] | undefined;
  readonly code: string;
}

/** The whole WGSL module of a kernel. */
export function kernelModule({ bindings, enables = [], code }: Kernel): string {
  const spaces = { uniform: "uniform", read: "storage, read", read_write: "storage, read_write" };
  const declarations = bindings.map(
    ({ name, type, access }, index) => `@group(0) @binding(${index}) var<${spaces[access]}> ${name}: ${type};`,
  );
  return [...enables.map((name) => `enable ${name};`), ...declarations, code].join("\n");
}

/** Made by hand and not by `layout: "auto"`, which leaves out bindings that a variant happens not to use. */
export function kernelLayout({ bindings }: Kernel): GPUBindGroupLayoutEntry[] {
  const types = { uniform: "uniform", read: "read-only-storage", read_write: "storage" } as const;
  return bindings.map(({ access }, binding) => ({
    binding,
    visibility: shaderStage.compute,
    buffer: { type: types[access] },
  }));
}
