/**
 * The numbers of WebGPU's flag namespaces (W3C WebGPU, sections 5.1.2, 5.2.1 and 8.1.1). They are globals in browsers
 * only; Node's Dawn keeps them in its module, and this package touches no globals.
 */
export const bufferUsage = {
  mapRead: 0x0001,
  copySource: 0x0004,
  copyDestination: 0x0008,
  uniform: 0x0040,
  storage: 0x0080,
  queryResolve: 0x0200,
} as const;

export const mapMode = { read: 0x0001 } as const;

export const shaderStage = { compute: 0x4 } as const;
