import { describe, expect, it } from "vitest";
import { backendCases } from "../cases/index.ts";
import { CaseSkipped, groupOf } from "../conformance-case.ts";
import { runBackendCase } from "../run-case.ts";
import type { Fault } from "./fault.ts";
import { faultyBackend } from "./faulty-backend.ts";
import { limitedBackend } from "./limited-backend.ts";
import { listeningBackend } from "./listening-backend.ts";

/** Which cases (or groups) must notice each mistake. */
const noticedBy: Readonly<Record<Fault, readonly string[]>> = {
  "pairs the other half": ["families/llama", "families/halves rope"],
  "ignores rope scaling": ["families/linear scaling", "families/llama3 scaling", "families/frequency factors"],
  "ignores the magnitude": ["families/yarn scaling"],
  "turns backwards": ["families/llama"],
  "turns the whole head": ["families/part of each head turned", "families/part of each head turned, halves"],
  "ignores the window": ["families/mistral sliding window", "families/window of one"],
  "makes the window one too long": ["families/mistral sliding window", "families/window of one"],
  "takes the wrong scale": ["families/llama"],
  "ignores epsilon": ["families/large epsilon"],
  "ignores biases": ["families/qwen2 biases", "families/output bias"],
  "normalises no heads": ["families/qwen3 query and key norm"],
  "leaves out the up projection": ["families/llama", "weight types/Q4_K"],
  "has an id in capitals": ["probe/identity"],
  "hides what a source says": ["load/passes on what a failing source says"],
  "starts at position 1": ["capabilities/a new sequence is at position 0"],
  "has no name for its device": ["probe/says what is there, every time"],
  "progress stops short": ["load/progress rises to the total"],
  "progress falls": ["load/progress rises to the total"],
  "loads although aborted": ["load/refuses an aborted signal", "load/stops when aborted, and loads again"],
  "hides the reason of an abort": ["load/stops when aborted, and loads again"],
  "takes every weight type": ["weight types/MXFP4"],
  "reads a tensor that is not in the graph": ["load/reads nothing that the graph does not name"],
  "models share weights": ["load/two models at once"],
  "grants more positions than asked": ["capabilities/are complete and within what was asked"],
  "declares no flag for top": ["capabilities/are complete and within what was asked"],
  "declares fork without doFork": ["capabilities/doFork is there exactly when declared"],
  "has doFork undeclared": ["capabilities/doFork is there exactly when declared"],
  "last returns the first row": ["want/last returns one row"],
  "all returns one row": ["want/all returns a row for every token"],
  "none returns scores": ["want/none returns nothing"],
  "embeddings before the norm": ["want/embedding returns the final hidden states"],
  "top is not sorted": ["want/top 5", "want/top 257"],
  "top gives scores instead of log-probabilities": ["want/top 1"],
  "ignores the ids of top": ["want/top with ids"],
  "results swap places": ["batch/equals one by one", "want/different wants in one batch"],
  "items see each other": ["batch/equals one by one", "batch/sequences at different positions"],
  "forgets the chunk before": ["prefill/in pieces of 7 equals at once"],
  jitters: ["repeatability"],
  "truncates one short": ["truncate/from 9 to 6, then on differently"],
  "truncates nothing": ["truncate/from 9 to 6, then on differently", "truncate/within a sliding window"],
  "truncates every sequence": ["truncate/leaves other sequences alone"],
  "fork shares the cache": ["fork/parent and child do not see each other", "fork/together in one batch"],
  "fork forgets the last token": ["fork/goes on where the parent is", "fork/of a fork"],
  "fork dies with its parent": ["fork/outlives its parent"],
  "fork is not counted": ["fork/counts towards maxSequences"],
  "ignores masks": ["masks/only the last", "device sampling/never draws a masked token"],
  "masks with a large number": ["masks/every third token"],
  "masks bit 31 wrongly": ["masks/borders of words", "masks/everything"],
  "takes the first mask for all": ["masks/each item has its own"],
  "mask changes log-probabilities": ["masks/top leaves masked tokens out, and keeps whole log-probabilities"],
  "mask sticks": ["masks/only the first"],
  "samples without the position": ["device sampling/draws as the host does: temperature"],
  "samples without the history": ["device sampling/draws as the host does: repetition penalty"],
  "samples one step too many": [
    "device sampling/greedy takes the best",
    "device sampling/sequences of a batch stop apart",
  ],
  "keeps the last drawn token": ["device sampling/greedy takes the best", "device sampling/in steps equals at once"],
  "ignores stop tokens": ["device sampling/stop tokens end it"],
  "ignores the seed": ["device sampling/draws as the host does: another seed"],
  "limits nothing": ["limits/one sequence more than maxSequences"],
  "never frees a place": ["limits/one sequence more than maxSequences", "dispose/sequences come and go"],
  "loses the last position": ["limits/the context filled to the last position", "limits/every sequence full at once"],
  "loses tokens of full batches": ["limits/a batch of exactly maxBatchTokens"],
  "ignores an aborted signal": ["abort/before the call"],
  "position stays after an abort": ["abort/before the call", "abort/in the same turn"],
  "one position stays after an abort": ["abort/every sequence of the batch goes back"],
  "keeps the items before the aborted one": ["abort/at each query of the signal"],
  "aborts after the call": ["abort/after the call has no effect"],
  "reuses its result array": ["ownership/results stay as they are"],
  "keeps its result as the cache": ["ownership/writing into a result has no effect"],
  "keeps the caller's tokens": ["ownership/tokens belong to the caller"],
  "writes into the caller's tokens": ["ownership/tokens belong to the caller"],
  "disposes twice": ["dispose/a sequence twice"],
  "sequences die with an error": ["dispose/a model with living sequences, which may be disposed of later"],
};

describe("the backend suite", () => {
  it.each(backendCases.map((each) => [each.name, each] as const))("lets a right backend pass %s", async (_, each) => {
    const { error } = await runBackendCase(each, faultyBackend());
    expect(error).toBeUndefined();
  });

  it.each(backendCases.map((each) => [each.name, each] as const))(
    "asks no more than is declared in %s",
    async (_, each) => {
      const { error } = await runBackendCase(each, limitedBackend(faultyBackend()));
      if (!(error instanceof CaseSkipped)) expect(error).toBeUndefined();
      else expect(error.message).toMatch(/^declares /);
    },
  );

  it.each(backendCases.filter(({ name }) => groupOf(name) === "abort").map((each) => [each.name, each] as const))(
    "lets a backend that listens for the abort pass %s",
    async (_, each) => {
      expect((await runBackendCase(each, listeningBackend(faultyBackend()))).error).toBeUndefined();
    },
  );

  it.each(Object.entries(noticedBy) as [Fault, string[]][])("notices a backend that %s", async (fault, names) => {
    const weightTypes = fault === "takes every weight type" ? (["F32"] as const) : undefined;
    for (const name of names) {
      const cases = backendCases.filter((each) => each.name === name || groupOf(each.name) === name);
      expect(cases, name).not.toHaveLength(0);
      const errors = [];
      for (const each of cases) {
        const { error } = await runBackendCase(each, faultyBackend(fault, weightTypes), weightTypes && { weightTypes });
        expect(error, "a mistake of this test").not.toBeInstanceOf(TypeError);
        if (error !== undefined && !(error instanceof CaseSkipped)) errors.push(error);
      }
      expect(errors, `${name} passed`).not.toHaveLength(0);
    }
  });
});
