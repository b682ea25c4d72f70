import { expect, test } from "vitest";
import { Conversation } from "./conversation.ts";

function talk(turns: number, system?: string): Conversation {
  const conversation = new Conversation(system);
  for (let turn = 1; turn <= turns; turn++) {
    conversation.ask(`question ${turn}`);
    conversation.answer(`answer ${turn}`);
  }
  return conversation;
}

const contents = ({ messages }: Conversation) => messages.map(({ content }) => content);

test("the oldest turns are forgotten, but stay in the record", () => {
  const conversation = talk(3, "system");
  expect(conversation.forgetOldest()).toBe(true);
  expect(contents(conversation)).toEqual(["system", "question 2", "answer 2", "question 3", "answer 3"]);
  expect(conversation.record).toHaveLength(7);
  expect(conversation.forgotten).toBe(1);
});

test("the last turn is never forgotten", () => {
  const conversation = talk(2);
  expect([conversation.forgetOldest(), conversation.forgetOldest()]).toEqual([true, false]);
  expect(contents(conversation)).toEqual(["question 2", "answer 2"]);
  expect(new Conversation(undefined).forgetOldest()).toBe(false);
});

test("undo takes back turn after turn, and then nothing", () => {
  const conversation = talk(2);
  conversation.forgetOldest();
  expect(conversation.undo()).toEqual({ user: "question 2", reply: "answer 2" });
  expect(conversation.undo()).toEqual({ user: "question 1", reply: "answer 1" });
  expect(conversation.undo()).toBeUndefined();
  conversation.ask("again");
  expect(contents(conversation)).toEqual(["again"]);
});

test("reset keeps the system prompt", () => {
  const conversation = talk(2, "system");
  conversation.forgetOldest();
  conversation.reset();
  expect(contents(conversation)).toEqual(["system"]);
  expect(conversation.forgotten).toBe(0);
});
