import type { FinishReason, GeneratedToken, GenerateOptions, GenerationUsage, Model, Sequence } from "@bayling/core";

/** What is to be written: some choices of each prompt, all at the same time. */
export interface ChoicesRequest {
  readonly model: Model;
  readonly prompts: readonly (readonly number[])[];
  /** Of each prompt. */
  readonly choices: number;
  readonly signal: AbortSignal;
  /** @param choice counted over all prompts */
  optionsOf(choice: number): GenerateOptions;
  /** Called for every token of a choice; the choice goes on when the promise, if there is one, has settled. */
  onToken(choice: number, token: GeneratedToken): Promise<void> | undefined;
  onEnd(choice: number, reason: FinishReason): void;
}

/**
 * Writes all choices of a request. When one fails, the others are ended, and the error comes out when nothing runs any more.
 * @returns what it took: each prompt counts once
 * @throws as `model.generate`
 */
export async function writeChoices(request: ChoicesRequest): Promise<GenerationUsage> {
  const failure = new AbortController();
  const signal = AbortSignal.any([request.signal, failure.signal]);
  const results = await Promise.allSettled(
    request.prompts.map((prompt, index) =>
      writePrompt({ ...request, signal }, prompt, index * request.choices).catch((error: unknown) => {
        failure.abort(error);
        throw error;
      }),
    ),
  );
  request.signal.throwIfAborted();
  if (failure.signal.aborted) throw failure.signal.reason;
  const usages = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const sum = (field: keyof GenerationUsage) => usages.reduce((total, usage) => total + usage[field], 0);
  return {
    promptTokens: sum("promptTokens"),
    reusedTokens: sum("reusedTokens"),
    generatedTokens: sum("generatedTokens"),
  };
}

async function writePrompt(
  request: ChoicesRequest,
  prompt: readonly number[],
  first: number,
): Promise<GenerationUsage> {
  if (request.choices === 1) return writeChoice(request, prompt, first);
  // The prompt is evaluated once, and copied where the backend can copy.
  const sequences = await evaluateOnce(request, prompt);
  try {
    const results = await Promise.allSettled(
      sequences.map((sequence, index) => writeChoice(request, prompt, first + index, sequence)),
    );
    const usages = results.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
    const generatedTokens = usages.reduce((total, usage) => total + usage.generatedTokens, 0);
    return { promptTokens: prompt.length, reusedTokens: 0, generatedTokens };
  } finally {
    for (const sequence of sequences) sequence.disposeWhenIdle();
  }
}

async function evaluateOnce(
  { model, choices, signal }: ChoicesRequest,
  prompt: readonly number[],
): Promise<readonly Sequence[]> {
  const sequences = [await model.createSequence()];
  try {
    const [sequence] = sequences;
    // The last token is left: its scores are what each choice begins with.
    if (prompt.length > 1) await sequence!.evaluate(prompt.slice(0, -1), { want: "none", signal });
    while (sequences.length < choices) sequences.push(await sequence!.fork({ signal }));
    return sequences;
  } catch (error) {
    for (const sequence of sequences) sequence.disposeWhenIdle();
    throw error;
  }
}

async function writeChoice(
  { model, signal, optionsOf, onToken, onEnd }: ChoicesRequest,
  prompt: readonly number[],
  choice: number,
  sequence?: Sequence,
): Promise<GenerationUsage> {
  const generation = model.generate(prompt, { ...optionsOf(choice), sequence, signal });
  for await (const token of generation) {
    const full = onToken(choice, token);
    if (full !== undefined) await full;
  }
  onEnd(choice, generation.finishReason!);
  return generation.usage;
}
