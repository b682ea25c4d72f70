import { createTranslator } from "@bayling/core/interaction";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ServedModels } from "../models.ts";
import { Problem } from "../problem.ts";
import { loadTinyModel } from "../testing/tiny-model.ts";
import { SessionStore } from "./session-store.ts";

let models: ServedModels;
beforeEach(async () => {
  models = await ServedModels.from([{ model: await loadTinyModel(), id: "tiny" }]);
});
afterEach(async () => models.default.model.dispose());

/** A store whose time is told. */
async function open(most: number) {
  let time = 0;
  const store = new SessionStore({ most, seconds: 10, now: () => time });
  const served = models.default;
  const translator = await createTranslator(served.model, { from: "en", to: "de" });
  return {
    store,
    wait: (seconds: number) => {
      time += seconds * 1000;
    },
    add: (owner: string) => store.add({ owner, served, session: translator.open("the cat"), beams: 1 }),
  };
}

function statusOf(action: () => unknown): number | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof Problem ? error.status : 500;
  }
}

it("gives up what nobody uses, and says so to its owner alone", async () => {
  const { store, wait, add } = await open(10);
  const [used, unused] = [add("a"), add("a")];
  for (let step = 0; step < 3; step++) {
    wait(6);
    expect(store.get("a", used.id)).toBe(used);
  }
  expect(statusOf(() => store.get("a", unused.id))).toBe(410);
  expect(statusOf(() => store.get("b", unused.id))).toBe(404);
  expect(unused.gone.aborted).toBe(true);
  expect(() => unused.session.undo()).toThrow(/disposed/);
  store.dispose();
});

it("keeps what works, however long", async () => {
  const { store, wait, add } = await open(10);
  const kept = add("a");
  const end = store.begin("a", kept.id, "turn");
  wait(100);
  expect(store.get("a", kept.id)).toBe(kept);
  end();
  wait(9);
  expect(store.get("a", kept.id)).toBe(kept);
  wait(11);
  expect(statusOf(() => store.get("a", kept.id))).toBe(410);
  store.dispose();
});

it("takes one from whoever has most when it is full, and refuses when all work", async () => {
  const { store, add } = await open(3);
  const [one, first, second] = [add("a"), add("b"), add("b")];
  const third = add("c");
  expect(statusOf(() => store.get("b", first.id))).toBe(410);
  expect([store.get("a", one.id), store.get("b", second.id), store.get("c", third.id)]).toHaveLength(3);
  for (const { owner, id } of [one, second, third]) store.begin(owner, id, "suggestion");
  expect(statusOf(() => add("d"))).toBe(429);
  store.dispose();
});

it("lets one turn at a time have a session, suggestions beside it, and its owner end both", async () => {
  const { store, add } = await open(3);
  const { id, gone } = add("a");
  const end = store.begin("a", id, "turn");
  expect(statusOf(() => store.begin("a", id, "turn"))).toBe(409);
  expect(statusOf(() => store.whileIdle("a", id, () => 0))).toBe(409);
  store.begin("a", id, "suggestion")();
  end();
  expect(store.whileIdle("a", id, () => 1)).toBe(1);
  expect(statusOf(() => store.delete("b", id))).toBe(404);
  store.delete("a", id);
  expect(gone.reason).toBeInstanceOf(Problem);
  expect(statusOf(() => store.get("a", id))).toBe(410);
  store.dispose();
});
