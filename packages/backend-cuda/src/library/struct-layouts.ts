import type koffi from "koffi";
import type { TypeObject } from "koffi";

export type Koffi = typeof koffi;

/** The fields of a structure of C in their order, and the value that each has by default. */
type Fields = Readonly<Record<string, readonly [type: string, byDefault: unknown]>>;

/** The structures that llama.cpp takes by value, as one of its releases declares them in `include/llama.h`. */
export interface StructLayouts {
  readonly modelParameters: Fields;
  readonly contextParameters: Fields;
}

const pointer = ["void *", null] as const;

const layouts040: StructLayouts = {
  modelParameters: {
    devices: pointer,
    tensor_buft_overrides: pointer,
    n_gpu_layers: ["int32_t", -1],
    split_mode: ["int32_t", 1],
    load_mode: ["int32_t", -1],
    lazy_mode: ["int32_t", 1],
    main_gpu: ["int32_t", 0],
    tensor_split: pointer,
    progress_callback: pointer,
    progress_callback_user_data: pointer,
    kv_overrides: pointer,
    vocab_only: ["bool", false],
    check_tensors: ["bool", false],
    use_extra_bufts: ["bool", true],
    no_host: ["bool", false],
    no_alloc: ["bool", false],
    load_mtp: ["bool", false],
  },
  contextParameters: {
    n_ctx: ["uint32_t", 512],
    n_batch: ["uint32_t", 2048],
    n_ubatch: ["uint32_t", 512],
    n_seq_max: ["uint32_t", 1],
    n_rs_seq: ["uint32_t", 0],
    n_outputs_max: ["uint32_t", 0],
    n_outputs_max_per_seq: ["uint32_t", 1],
    n_threads: ["int32_t", 4],
    n_threads_batch: ["int32_t", 4],
    ctx_type: ["int32_t", 0],
    rope_scaling_type: ["int32_t", -1],
    pooling_type: ["int32_t", -1],
    attention_type: ["int32_t", -1],
    flash_attn_type: ["int32_t", -1],
    rope_freq_base: ["float", 0],
    rope_freq_scale: ["float", 0],
    yarn_ext_factor: ["float", -1],
    yarn_attn_factor: ["float", -1],
    yarn_beta_fast: ["float", -1],
    yarn_beta_slow: ["float", -1],
    yarn_orig_ctx: ["uint32_t", 0],
    defrag_thold: ["float", -1],
    cb_eval: pointer,
    cb_eval_user_data: pointer,
    type_k: ["int32_t", 1],
    type_v: ["int32_t", 1],
    abort_callback: pointer,
    abort_callback_data: pointer,
    embeddings: ["bool", false],
    offload_kqv: ["bool", true],
    no_perf: ["bool", true],
    op_offload: ["bool", true],
    swa_full: ["bool", true],
    kv_unified: ["bool", false],
    samplers: pointer,
    n_samplers: ["size_t", 0],
    ctx_other: pointer,
  },
};

/** The releases of llama.cpp whose structures are known: those of node-llama-cpp 3.21 and 3.22. */
export const knownReleases: ReadonlyMap<string, StructLayouts> = new Map([
  ["v0.4.0", layouts040],
  ["v0.5.0", layouts040],
]);

/**
 * A type for koffi with room behind the known fields. Hazard: a structure that has grown is written by C as a whole, and
 * would else run over what lies behind it before anyone could notice.
 */
export function structType(koffi: Koffi, fields: Fields): TypeObject {
  const members = Object.entries(fields).map(([name, [type]]) => [name, type] as const);
  return koffi.struct({ ...Object.fromEntries(members), unknown: koffi.array("uint8_t", 256) });
}

/** The first field that is not as it is by default; undefined where the layout fits. */
export function findMisfit(fields: Fields, actual: Readonly<Record<string, unknown>>): string | undefined {
  const misfit = Object.entries(fields).find(([name, [, byDefault]]) => actual[name] !== byDefault);
  if (misfit === undefined) return undefined;
  const [name, [, byDefault]] = misfit;
  return `${name} is ${actual[name]} where ${byDefault} was expected`;
}
