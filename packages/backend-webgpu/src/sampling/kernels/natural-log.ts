/**
 * WGSL: logarithms by the series ln x = 2·artanh((x − 1) / (x + 1)). The built-in `log` may err by 2⁻²¹ around 1, and
 * differently on every GPU; noise made with it would move draws.
 */
export const naturalLogCode: string = `
// ln((1 + z) / (1 − z)) for 0 ≤ |z| ≤ 1/3
fn twiceArtanh(z: f32) -> f32 {
  let y = z * z;
  return z * (2.0 + y * (2.0 / 3.0 + y * (2.0 / 5.0 + y * (2.0 / 7.0
    + y * (2.0 / 9.0 + y * (2.0 / 11.0 + y * (2.0 / 13.0 + y * (2.0 / 15.0))))))));
}

// Of a normal, positive number.
fn naturalLog(x: f32) -> f32 {
  // x = mantissa · 2^exponent with the mantissa between √½ and √2
  let offset = bitcast<u32>(x) - 0x3f3504f3u;
  let exponent = bitcast<i32>(offset) >> 23u;
  let mantissa = bitcast<f32>((offset & 0x007fffffu) + 0x3f3504f3u);
  return f32(exponent) * 0.6931471806 + twiceArtanh((mantissa - 1.0) / (mantissa + 1.0));
}`;
