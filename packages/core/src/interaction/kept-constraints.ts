import type { Constraint } from "../generation/constraints/constraint.ts";

/** Those of the constraints that a finished text keeps. What was cut from a reply may have been what one asked for. */
export function keptConstraints(constraints: readonly Constraint[], text: string): readonly Constraint[] {
  const bytes = new TextEncoder().encode(text);
  return constraints.filter((constraint) => {
    let state: unknown = constraint.begin();
    for (const byte of bytes) {
      state = constraint.step(state, byte);
      if (state === undefined) return false;
    }
    return constraint.mayEnd(state);
  });
}
