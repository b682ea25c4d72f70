import { BayLingError } from "@bayling/core/backend";

/**
 * The refusal of a graph that llama.cpp runs in no way.
 * @param source the model's name
 * @param node its operation and the name of what it writes; `undefined` for the whole graph
 */
export function notInLlamaCpp(
  source: string,
  node: string | undefined,
  problem: string,
  received?: string | undefined,
): BayLingError {
  return new BayLingError("architecture-not-supported", {
    source,
    field: node === undefined ? "graph" : `graph node "${node}"`,
    problem,
    received,
    remedy: "Load it with another backend, such as webgpu() or cpu()",
  });
}
