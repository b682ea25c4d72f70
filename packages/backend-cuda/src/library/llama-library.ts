import type { LibraryHandle, TypeObject } from "koffi";
import { findMisfit, type Koffi, knownReleases, structType } from "./struct-layouts.ts";

type NativeFunction = ReturnType<LibraryHandle["func"]>;

/** An address. C's null arrives as `null`. */
export type Pointer = bigint;

/** Parameters by the names of llama.cpp. */
export type Parameters = Readonly<Record<string, unknown>>;

/**
 * The stack of calls that run on another thread. Hazard: koffi moves them onto a stack of its own, of 128 KiB unless told
 * otherwise, and llama.cpp computes on it.
 */
const asyncStackBytes = 4 * 2 ** 20;

/**
 * The C API of the llama.cpp library that node-llama-cpp has loaded (`include/llama.h`), bound with koffi. Names are those
 * of C without their `llama_`. What takes long is a promise and runs on a thread of libuv's pool.
 */
export class LlamaLibrary {
  readonly koffi: Koffi;
  readonly modelDefaults: Parameters;
  readonly contextDefaults: Parameters;

  readonly loadModel: (paths: readonly string[], parameters: Parameters) => Promise<Pointer | null>;
  readonly freeModel: (model: Pointer) => Promise<void>;
  readonly createContext: (model: Pointer, parameters: Parameters) => Promise<Pointer | null>;
  readonly freeContext: (context: Pointer) => Promise<void>;
  readonly decode: (context: Pointer, batch: Parameters) => Promise<number>;
  readonly synchronize: (context: Pointer) => Promise<void>;
  readonly stateSize: (context: Pointer) => number;
  readonly stateGet: (context: Pointer, destination: Pointer, size: number) => Promise<number>;
  readonly stateSet: (context: Pointer, source: Pointer, size: number) => Promise<number>;

  readonly logitsOf: (context: Pointer, row: number) => Pointer | null;
  readonly embeddingsOf: (context: Pointer, row: number) => Pointer | null;
  readonly setEmbeddings: (context: Pointer, on: boolean) => void;
  readonly setAbortCallback: (context: Pointer, callback: Pointer, data: Pointer) => void;
  readonly memoryOf: (context: Pointer) => Pointer;
  readonly removePositions: (memory: Pointer, sequence: number, from: number, to: number) => boolean;
  readonly copyPositions: (memory: Pointer, source: number, target: number, from: number, to: number) => void;
  readonly mostSequences: () => number;
  readonly describeModel: (model: Pointer) => ModelDescription;

  /** The address of a function `bool (void *)` that says whether the byte it points to is set. */
  readonly isSet: Pointer;
  readonly progressCallback: TypeObject;

  /**
   * @param path the library that is loaded already
   * @throws Error that says why the library cannot be called safely
   */
  constructor(koffi: Koffi, path: string, release: string) {
    const layouts = knownReleases.get(release);
    if (layouts === undefined) {
      const known = [...knownReleases.keys()].join(", ");
      throw new Error(`the structures of llama.cpp ${release} are not known, only those of ${known}`);
    }
    if (koffi.sizeof("void *") !== 8) throw new Error("the machine's pointers have not 64 bits");
    this.koffi = koffi;
    enlargeStacks(koffi);
    const library = koffi.load(path);
    const bind = (name: string, result: string | TypeObject, given: readonly (string | TypeObject)[]) =>
      library.func(`llama_${name}`, result, [...given]);
    const modelParameters = structType(koffi, layouts.modelParameters);
    const contextParameters = structType(koffi, layouts.contextParameters);
    this.modelDefaults = bind("model_default_params", modelParameters, [])();
    this.contextDefaults = bind("context_default_params", contextParameters, [])();
    const misfit =
      findMisfit(layouts.modelParameters, this.modelDefaults) ??
      findMisfit(layouts.contextParameters, this.contextDefaults);
    if (misfit !== undefined) throw new Error(`the structures of llama.cpp ${release} are not as published: ${misfit}`);

    const batch = koffi.struct({
      ...{ n_tokens: "int32_t", token: "void *", embd: "void *", pos: "void *" },
      ...{ n_seq_id: "void *", seq_id: "void *", logits: "void *" },
    });
    const loadFromFile = awaited<Pointer | null>(bind("model_load_from_file", "void *", ["str", modelParameters]));
    const loadFromSplits = awaited<Pointer | null>(
      bind("model_load_from_splits", "void *", ["str *", "size_t", modelParameters]),
    );
    this.loadModel = (paths, parameters) =>
      paths.length === 1 ? loadFromFile(paths[0], parameters) : loadFromSplits(paths, paths.length, parameters);
    this.freeModel = awaited(bind("model_free", "void", ["void *"]));
    this.createContext = awaited(bind("init_from_model", "void *", ["void *", contextParameters]));
    this.freeContext = awaited(bind("free", "void", ["void *"]));
    this.decode = awaited(bind("decode", "int32_t", ["void *", batch]));
    this.synchronize = awaited(bind("synchronize", "void", ["void *"]));
    this.stateSize = bind("state_get_size", "size_t", ["void *"]);
    this.stateGet = awaited(bind("state_get_data", "size_t", ["void *", "void *", "size_t"]));
    this.stateSet = awaited(bind("state_set_data", "size_t", ["void *", "void *", "size_t"]));
    this.logitsOf = bind("get_logits_ith", "void *", ["void *", "int32_t"]);
    this.embeddingsOf = bind("get_embeddings_ith", "void *", ["void *", "int32_t"]);
    this.setEmbeddings = bind("set_embeddings", "void", ["void *", "bool"]);
    this.setAbortCallback = bind("set_abort_callback", "void", ["void *", "void *", "void *"]);
    this.memoryOf = bind("get_memory", "void *", ["void *"]);
    this.removePositions = bind("memory_seq_rm", "bool", ["void *", "int32_t", "int32_t", "int32_t"]);
    this.copyPositions = bind("memory_seq_cp", "void", ["void *", "int32_t", "int32_t", "int32_t", "int32_t"]);
    this.mostSequences = bind("max_parallel_sequences", "size_t", []);
    this.describeModel = modelDescriber(bind);
    this.progressCallback = koffi.proto("bool", ["float", "void *"]);
    this.isSet = findIsSet(koffi);
  }

  /** A view of C's memory: valid until C frees it. */
  floats(address: Pointer, length: number): Float32Array {
    return new Float32Array(this.koffi.view(address, 4 * length));
  }

  addressOf(memory: ArrayBufferView): Pointer {
    return this.koffi.address(memory);
  }
}

/** What llama.cpp says of a model that it has loaded. */
export interface ModelDescription {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly slidingWindow: number;
  readonly vocabularySize: number;
  /** `llama_rope_type`: 0 pairs neighbours, 2 pairs halves. */
  readonly ropeType: number;
}

type Bind = (name: string, result: string | TypeObject, given: readonly (string | TypeObject)[]) => NativeFunction;

function modelDescriber(bind: Bind): (model: Pointer) => ModelDescription {
  const integer = (name: string) => bind(name, "int32_t", ["void *"]);
  const [layers, hiddenSize, heads] = [integer("model_n_layer"), integer("model_n_embd"), integer("model_n_head")];
  const [keyValueHeads, slidingWindow] = [integer("model_n_head_kv"), integer("model_n_swa")];
  const [ropeType, vocabularySize] = [integer("model_rope_type"), integer("vocab_n_tokens")];
  const vocabularyOf = bind("model_get_vocab", "void *", ["void *"]);
  return (model) => ({
    ...{ layers: layers(model), hiddenSize: hiddenSize(model), heads: heads(model) },
    ...{ keyValueHeads: keyValueHeads(model), slidingWindow: slidingWindow(model), ropeType: ropeType(model) },
    vocabularySize: vocabularySize(vocabularyOf(model)),
  });
}

function awaited<Result>(call: NativeFunction): (...given: unknown[]) => Promise<Result> {
  return (...given) =>
    new Promise((resolve, reject) => {
      call.async(...given, (error: unknown, result: Result) => (error ? reject(error) : resolve(result)));
    });
}

function enlargeStacks(koffi: Koffi): void {
  const { async_stack_size: size } = koffi.config() as { async_stack_size: number };
  if (size < asyncStackBytes) koffi.config({ async_stack_size: asyncStackBytes });
}

/**
 * `strlen` of a byte followed by 0 is whether the byte is set. llama.cpp asks its abort callback from its own threads,
 * before every node of the graph: JavaScript could not answer there. A `bool` is read from the low byte of the register
 * that a `size_t` of 0 or 1 comes in, on every platform that llama.cpp is built for.
 */
function findIsSet(koffi: Koffi): Pointer {
  const runtimeLibrary = process.platform === "win32" ? "ucrtbase.dll" : null;
  return koffi.load(runtimeLibrary).symbol("strlen");
}
