import { threads } from "../score-shape.ts";

/** Square root of the threads of a workgroup: they reduce in two rounds, because barriers cost more than reading. */
const side = Math.sqrt(threads);

/**
 * WGSL: `fn name(thread, own) -> type`, which combines a value of every thread of a workgroup, always in the same order.
 * Every thread must come by and gets the result. Call it once only between two barriers.
 * @param combine the expression for `a` and `b`
 */
export function reduction(name: string, type: string, combine: string): string {
  return `
var<workgroup> ${name}Parts: array<${type}, ${threads}>;

fn ${name}Of(a: ${type}, b: ${type}) -> ${type} { return ${combine}; }

fn ${name}(thread: u32, own: ${type}) -> ${type} {
  ${name}Parts[thread] = own;
  workgroupBarrier();
  if (thread < ${side}u) {
    var part = own;
    for (var i = 1u; i < ${side}u; i++) { part = ${name}Of(part, ${name}Parts[i * ${side}u + thread]); }
    ${name}Parts[thread] = part;
  }
  workgroupBarrier();
  var result = ${name}Parts[0];
  for (var i = 1u; i < ${side}u; i++) { result = ${name}Of(result, ${name}Parts[i]); }
  return result;
}`;
}
