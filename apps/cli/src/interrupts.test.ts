import { expect, test, vi } from "vitest";
import { Interrupted } from "./exit-codes.ts";
import { Interrupts } from "./interrupts.ts";
import type { Io } from "./io.ts";

function setUp() {
  const listeners = new Set<() => void>();
  const kill = vi.fn();
  const outer = new AbortController();
  const io = {
    onInterrupt: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    kill,
  } as unknown as Io;
  const interrupt = () => {
    for (const listener of listeners) listener();
  };
  return { interrupts: new Interrupts(io, outer.signal), interrupt, kill, listeners, outer };
}

test("an interrupt aborts the innermost work only", async () => {
  const { interrupts, interrupt } = setUp();
  await interrupts.during(async (outerSignal) => {
    await interrupts.during(async (signal) => {
      interrupt();
      expect(signal.reason).toBeInstanceOf(Interrupted);
    });
    expect(outerSignal.aborted).toBe(false);
    interrupt();
    expect(outerSignal.aborted).toBe(true);
  });
});

test("a second interrupt of the same work ends the program", async () => {
  const { interrupts, interrupt, kill } = setUp();
  await interrupts.during(async () => {
    interrupt();
    expect(kill).not.toHaveBeenCalled();
    interrupt();
    expect(kill).toHaveBeenCalledWith(130);
  });
});

test("when nothing runs, interrupts are the system's", async () => {
  const { interrupts, listeners } = setUp();
  await expect(interrupts.during(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(listeners.size).toBe(0);
});

test("what ends everything ends the work", async () => {
  const { interrupts, outer } = setUp();
  await interrupts.during(async (signal) => {
    outer.abort(new Error("closed"));
    expect(signal.reason).toEqual(new Error("closed"));
  });
});
