/** How keys and values are kept: `f16` takes half the memory and rounds them. */
export type CacheType = "f32" | "f16";
