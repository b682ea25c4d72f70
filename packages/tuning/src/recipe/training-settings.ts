/** How the script trains; what is left out has the value that is said here. */
export interface TrainingSettings {
  /** Passes over the dialogues. Default 3. */
  readonly epochs?: number | undefined;
  /** In place of epochs. */
  readonly steps?: number | undefined;
  /** Tokens of a row, into which dialogues are packed. Default 1024. */
  readonly contextLength?: number | undefined;
  /** Rows of a step, in each process. Default 16. */
  readonly batchRows?: number | undefined;
  /** Rows that are computed at once: fewer take less memory. Default 4. */
  readonly microRows?: number | undefined;
  /** Peak. Default 2e-5 from a checkpoint, 1e-3 from scratch. */
  readonly learningRate?: number | undefined;
  /** Steps until the peak. Default 100. */
  readonly warmupSteps?: number | undefined;
  /** What the cosine falls to, as a share of the peak. Default 0.1. */
  readonly minimumLearningRateRatio?: number | undefined;
  /** Of matrices. Default 0.1 from scratch, 0 from a checkpoint. */
  readonly weightDecay?: number | undefined;
  /** Default 0.9. */
  readonly beta1?: number | undefined;
  /** Default 0.95. */
  readonly beta2?: number | undefined;
  /** Of the gradient. Default 1. */
  readonly clipNorm?: number | undefined;
  /**
   * Share of the residual stream's additions and of embeddings that a step leaves out (Srivastava et al. 2014): small data
   * lasts longer. Default 0.
   */
  readonly dropout?: number | undefined;
  /** Share of certainty that is spread over the whole vocabulary (Szegedy et al. 2015, section 7). Default 0. */
  readonly labelSmoothing?: number | undefined;
  /** Default `auto`: bf16 where the GPU has it. */
  readonly precision?: "auto" | "fp32" | "bf16" | undefined;
  /** Computes layers again in the backward pass: less memory, more time. Default false. */
  readonly recomputeLayers?: boolean | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Steps. Default 20. */
  readonly logEvery?: number | undefined;
  /** Steps. Default 500. */
  readonly evaluateEvery?: number | undefined;
  /** Rows of the validation set at most. Default 64. */
  readonly evaluationRows?: number | undefined;
  /** Steps. Default 500. */
  readonly checkpointEvery?: number | undefined;
}

/** The settings in the names of the script. */
export function scriptSettings(settings: TrainingSettings, fromCheckpoint: boolean): Record<string, unknown> {
  const { steps } = settings;
  return {
    ...(steps === undefined ? { epochs: settings.epochs ?? 3 } : { steps }),
    context_length: settings.contextLength ?? 1024,
    batch_rows: settings.batchRows ?? 16,
    micro_rows: settings.microRows ?? 4,
    learning_rate: settings.learningRate ?? (fromCheckpoint ? 2e-5 : 1e-3),
    warmup_steps: settings.warmupSteps ?? 100,
    minimum_learning_rate_ratio: settings.minimumLearningRateRatio ?? 0.1,
    weight_decay: settings.weightDecay ?? (fromCheckpoint ? 0 : 0.1),
    beta1: settings.beta1 ?? 0.9,
    beta2: settings.beta2 ?? 0.95,
    clip_norm: settings.clipNorm ?? 1,
    dropout: settings.dropout ?? 0,
    label_smoothing: settings.labelSmoothing ?? 0,
    precision: settings.precision ?? "auto",
    recompute_layers: settings.recomputeLayers ?? false,
    seed: settings.seed ?? 0,
    log_every: settings.logEvery ?? 20,
    evaluate_every: settings.evaluateEvery ?? 500,
    evaluation_rows: settings.evaluationRows ?? 64,
    checkpoint_every: settings.checkpointEvery ?? 500,
  };
}
