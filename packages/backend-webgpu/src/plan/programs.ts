import type { GpuContext } from "../device/gpu-context.ts";
import { compileLayers, compileScores, compileStates, type LayersMode, type PlanResources } from "./compile-plan.ts";
import type { LinearMode } from "./linear-steps.ts";
import { Program, type Step } from "./program.ts";

/** From this many rows on, products by tiles are faster than reading the weights once for every eight. */
const tiledFrom = 17;

/** How products with this many rows are made. */
function linearMode(rows: number): LinearMode {
  if (rows >= tiledFrom) return "tiled";
  return { tokens: ([1, 2, 4] as const).find((tokens) => tokens >= rows) ?? 8 };
}

/** The programs of a model, each compiled and bound when it is first needed. */
export class Programs {
  readonly #context: GpuContext;
  readonly #resources: PlanResources;
  readonly #programs = new Map<string, Promise<Program>>();

  constructor(context: GpuContext, resources: PlanResources) {
    this.#context = context;
    this.#resources = resources;
  }

  layers(rows: number, attention: LayersMode["attention"]): Promise<Program> {
    const linear = linearMode(rows);
    return this.#get(`layers ${keyOf(linear)} ${attention}`, (resources) =>
      compileLayers(resources, { linear, attention }),
    );
  }

  /** @param selected whether the wanted rows have to be picked out of the batch first */
  scores(outputs: number, selected: boolean): Promise<Program> {
    const linear = linearMode(outputs);
    return this.#get(`scores ${keyOf(linear)} ${selected}`, (resources) => compileScores(resources, linear, selected));
  }

  states(): Promise<Program> {
    return this.#get("states", compileStates);
  }

  /** Programs bind buffers; when those of the KV cache are replaced, all are bound again when next needed. */
  forget(): void {
    this.#programs.clear();
  }

  #get(key: string, compile: (resources: PlanResources) => Step[]): Promise<Program> {
    let program = this.#programs.get(key);
    if (program === undefined) {
      program = Program.build(this.#context, compile(this.#resources));
      this.#programs.set(key, program);
    }
    return program;
  }
}

function keyOf(linear: LinearMode): string {
  return linear === "tiled" ? linear : `×${linear.tokens}`;
}
