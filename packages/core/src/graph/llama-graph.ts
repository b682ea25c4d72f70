import type { Graph, GraphNode, Rows, Value, WeightReference } from "./graph.ts";
import type { ModelConfig } from "./model-config.ts";
import { ropeRotation } from "./rope.ts";

/**
 * The forward pass of the LLaMA family (Touvron et al., arXiv 2302.13971) as a graph. Llama, Mistral, Qwen2 and Qwen3
 * differ only in the options of {@link ModelConfig}: biases, query/key norm, window, RoPE.
 */
export function buildGraph(config: ModelConfig): Graph {
  const { hiddenSize, intermediateSize, vocabularySize, headSize, rmsNormEpsilon: epsilon } = config;
  const queryWidth = config.numAttentionHeads * headSize;
  const keyValueWidth = config.numKeyValueHeads * headSize;
  const rotation = ropeRotation(config.rope);
  const builder = new GraphBuilder();

  const table = matrix("model.embed_tokens.weight", vocabularySize, hiddenSize);
  let residual = builder.embed(table, value("embedding", hiddenSize)); //                    [tokens, hiddenSize]

  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const prefix = `model.layers.${layer}`;
    const name = (part: string) => `${layer}.${part}`;
    const norm = (input: Value, part: string, output: string) =>
      builder.rmsNorm(input, vector(`${prefix}.${part}.weight`, hiddenSize), epsilon, value(name(output), hiddenSize));
    const project = (input: Value, part: string, width: number, biased: boolean, output: string) =>
      builder.linear(
        input,
        matrix(`${prefix}.${part}.weight`, width, input.width),
        biased ? vector(`${prefix}.${part}.bias`, width) : undefined,
        value(name(output), width),
      );
    const normHeads = (input: Value, part: string) =>
      builder.rmsNorm(
        input,
        vector(`${prefix}.self_attn.${part}.weight`, headSize),
        epsilon,
        value(`${input.name}.norm`, input.width),
      );
    const rotate = (input: Value) =>
      builder.node({
        op: "rope",
        input,
        headSize,
        pairing: config.rope.pairing,
        ...rotation,
        output: value(`${input.name}.rope`, input.width),
      });

    const attentionInput = norm(residual, "input_layernorm", "attention.norm"); //           [tokens, hiddenSize]
    let query = project(attentionInput, "self_attn.q_proj", queryWidth, config.attentionBias.query, "query");
    let key = project(attentionInput, "self_attn.k_proj", keyValueWidth, config.attentionBias.key, "key");
    const values = project(attentionInput, "self_attn.v_proj", keyValueWidth, config.attentionBias.value, "value");
    if (config.queryKeyNorm) {
      // Hazard: the heads are normalised before they are rotated; the other order gives other scores.
      query = normHeads(query, "q_norm");
      key = normHeads(key, "k_norm");
    }
    const attended = builder.node({
      op: "attention",
      layer,
      query: rotate(query), //                                                               [tokens, queryWidth]
      key: rotate(key), //                                                                   [tokens, keyValueWidth]
      value: values, //                                                                      [tokens, keyValueWidth]
      heads: config.numAttentionHeads,
      keyValueHeads: config.numKeyValueHeads,
      headSize,
      scale: 1 / Math.sqrt(headSize),
      window: config.slidingWindow,
      output: value(name("attention"), queryWidth),
    });
    const attention = project(
      attended,
      "self_attn.o_proj",
      hiddenSize,
      config.attentionBias.output,
      "attention.output",
    );
    residual = builder.add(residual, attention, value(name("attention.residual"), hiddenSize));

    const feedForwardInput = norm(residual, "post_attention_layernorm", "feed_forward.norm");
    const gate = project(feedForwardInput, "mlp.gate_proj", intermediateSize, false, "gate");
    const up = project(feedForwardInput, "mlp.up_proj", intermediateSize, false, "up");
    const activated = builder.node({ op: "swiglu", gate, up, output: value(name("swiglu"), intermediateSize) });
    const feedForward = project(activated, "mlp.down_proj", hiddenSize, false, "feed_forward.output");
    residual = builder.add(residual, feedForward, value(name("feed_forward.residual"), hiddenSize));
  }

  const selected = builder.node({ op: "select", input: residual, output: value("selected", hiddenSize, "outputs") });
  const normWeight = vector("model.norm.weight", hiddenSize);
  const hidden = builder.rmsNorm(selected, normWeight, epsilon, value("hidden", hiddenSize, "outputs"));
  const head = config.tieWordEmbeddings ? table : matrix("lm_head.weight", vocabularySize, hiddenSize);
  const scores = builder.linear(hidden, head, undefined, value("scores", vocabularySize, "outputs"));
  return { nodes: builder.nodes, weights: [...builder.weights.values()], hidden, scores, config };
}

class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly weights: Map<string, WeightReference> = new Map();

  node(node: GraphNode): Value {
    this.nodes.push(node);
    return node.output;
  }

  embed(table: WeightReference, output: Value): Value {
    return this.node({ op: "embed", table: this.#weight(table), output });
  }

  rmsNorm(input: Value, weight: WeightReference, epsilon: number, output: Value): Value {
    return this.node({
      op: "rmsNorm",
      input,
      weight: this.#weight(weight),
      groupSize: weight.shape[0],
      epsilon,
      output,
    });
  }

  linear(input: Value, weight: WeightReference, bias: WeightReference | undefined, output: Value): Value {
    return this.node({
      op: "linear",
      input,
      weight: this.#weight(weight),
      bias: bias && this.#weight(bias),
      output: { ...output, rows: input.rows },
    });
  }

  add(left: Value, right: Value, output: Value): Value {
    return this.node({ op: "add", left, right, output });
  }

  #weight(weight: WeightReference): WeightReference {
    const known = this.weights.get(weight.name);
    if (known === undefined) this.weights.set(weight.name, weight);
    return known ?? weight;
  }
}

function value(name: string, width: number, rows: Rows = "tokens"): Value {
  return { name, rows, width };
}

function matrix(name: string, rows: number, columns: number): WeightReference {
  return { name, shape: [rows, columns] };
}

function vector(name: string, length: number): WeightReference {
  return { name, shape: [length] };
}
