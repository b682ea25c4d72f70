import { naturalLogCode } from "./natural-log.ts";

/**
 * WGSL: the hash and the noise of core's sampler, −ln(−ln u) with u = (hash + ½) / 2³². Near 1, u itself has too few
 * digits in f32, so there ln u = ln(1 − v) comes from v = 1 − u. Errs by less than 4e-6.
 */
export const gumbelCode: string = `
${naturalLogCode}

// Of the seed and the position, then of that and a token.
fn hash(a: u32, b: u32) -> u32 {
  var h = a ^ ((b + 1u) * 0x9e3779b1u);
  for (var round = 0u; round < 2u; round++) {
    h = (h ^ (h >> 16u)) * 0x85ebca6bu;
    h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
    h = h ^ (h >> 16u) ^ (a * 0x27d4eb2fu);
  }
  return h;
}

fn gumbel(h: u32) -> f32 {
  if (h < 0x80000000u) { return -naturalLog(-naturalLog((f32(h) + 0.5) / 4294967296.0)); }
  let v = (f32(~h) + 0.5) / 4294967296.0;
  return -naturalLog(twiceArtanh(v / (2.0 - v)));
}`;
