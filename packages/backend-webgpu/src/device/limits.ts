/** What kernels need of a GPU. WebGPU promises it for all but those of its compatibility mode. */
const needed = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupStorageSize: 16384,
  maxStorageBufferBindingSize: 2 ** 27,
} as const;

/** What lets models be larger and kernels faster; the defaults are those of the weakest GPU. */
const wanted = [...(Object.keys(needed) as (keyof typeof needed)[]), "maxBufferSize"] as const;

/** In words, which limits are too small; undefined when none is. */
export function limitsTooSmall(limits: GPUSupportedLimits): string | undefined {
  const small = (Object.keys(needed) as (keyof typeof needed)[]).filter((name) => limits[name] < needed[name]);
  if (small.length === 0) return undefined;
  return `its limits are too small: ${small.map((name) => `${name} ${limits[name]}, needed ${needed[name]}`).join("; ")}`;
}

/** The limits to ask for: as far as the adapter goes. */
export function wantedLimits(limits: GPUSupportedLimits): Record<string, number> {
  return Object.fromEntries(wanted.map((name) => [name, limits[name]]));
}
