import { describe, expect, it } from "vitest";
import { CaseSkipped } from "../conformance-case.ts";
import { deviceCases } from "../operations/index.ts";
import { runDeviceCase } from "../run-case.ts";
import { deviceFaults, faultyDevice, wholeDeviceFaults } from "./faulty-device.ts";

/** Which cases must notice each mistake. */
const noticedBy: Readonly<Record<string, readonly string[]>> = {
  "declares a type twice": ["device/identity"],
  "opens once": ["device/two are open at once", "device/opens again and again"],
  "closes every context": ["device/two are open at once"],
  "writes at the start": ["buffers/write and read any range"],
  "normalises by the sum": ["rms-norm/whole rows", "rms-norm/odd widths"],
  "takes gate and up for each other": ["swiglu/apart from its inputs"],
  "reads the up values after writing": ["swiglu/in place of the up values"],
  "reads the left side after writing": ["add/in place of the left side"],
  "does not clear buffers": ["buffers/start as zeros"],
  "keeps the array that is written": ["buffers/write takes a copy at once"],
  "writes from the start of the memory": ["buffers/write from the middle of an array"],
  "reads a view": ["buffers/what was read belongs to the caller"],
  "reads later than it was asked": ["buffers/calls take effect in order"],
  "copies from the start": ["buffers/copy any range"],
  "embeds with the ids of later": ["embed/takes the ids as they are at the call"],
  "embeds one row short": ["embed/Q4_K", "embed/odd shapes"],
  "normalises whole rows only": ["rms-norm/every head by itself"],
  "normalises without epsilon": ["rms-norm/large and small values", "rms-norm/zeros stay zeros"],
  "writes a row behind the last": ["linear/odd shapes"],
  "adds no bias": ["linear/odd shapes", "linear/Q8_0"],
  "sums in low precision": ["linear/long sums", "linear/many rows of output"],
  "pairs the other half": ["rope/positions that follow, halves", "rope/positions that follow, interleaved"],
  "takes angles in f32": ["rope/far positions, halves", "rope/far positions, interleaved"],
  "counts positions by row": ["rope/positions of several sequences, halves"],
  "ignores the magnitude": ["rope/magnitude, interleaved"],
  "always turns in place": ["rope/positions that follow, halves"],
  "ignores the window": ["attention/a sliding window"],
  "makes the window one too long": ["attention/a sliding window"],
  "starts at position 0": ["attention/one row behind many positions", "attention/several rows behind cached positions"],
  "starts at row 0": ["attention/rows of other sequences stay as they are"],
  "takes one head for all": ["attention/heads that share keys and values", "attention/odd head sizes"],
  "leaves the cache empty": ["attention/from the first position"],
  "clears the rest of the cache": ["attention/a cache with room to spare"],
  "clears the rows of others": ["attention/rows of other sequences stay as they are"],
  "overflows in softmax": ["attention/scores of thousands stay finite"],
  "overflows in exp": ["swiglu/gates beyond what exp can hold"],
  "reads the gate after writing": ["swiglu/in place of the gate"],
  "adds in place of the left": ["add/apart from its inputs", "add/in place of the right side"],
  "frees everything": ["buffers/free leaves others alone"],
};

describe("the device suite", () => {
  it.each(deviceCases.map((each) => [each.name, each] as const))("lets a right device pass %s", async (_, each) => {
    expect((await runDeviceCase(each, faultyDevice())).error).toBeUndefined();
  });

  it.each([...Object.keys(deviceFaults), ...wholeDeviceFaults])("notices a device that %s", async (fault) => {
    for (const name of noticedBy[fault]!) {
      const found = deviceCases.find((each) => each.name === name);
      expect(found, name).toBeDefined();
      const { error } = await runDeviceCase(found!, faultyDevice(fault));
      expect(error, `${name} passed`).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(CaseSkipped);
      expect(error, "a mistake of this test").not.toBeInstanceOf(TypeError);
    }
  });
});
