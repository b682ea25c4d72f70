import os from "node:os";
import { expect, test } from "vitest";
import { chooseThreads, processorQuota } from "./choose-threads.ts";

function machine(parallelism: number, files: Record<string, string> = {}) {
  return { parallelism, read: (path: string) => files[path] };
}

/** Cores with two hardware threads each; thread n and n + cores are siblings. */
function withSiblings(cores: number, allowed: string): Record<string, string> {
  const files: Record<string, string> = {
    "/sys/devices/system/cpu/smt/active": "1\n",
    "/proc/self/status": `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${allowed}\nMems_allowed:\t1\n`,
  };
  for (let thread = 0; thread < 2 * cores; thread++) {
    const core = thread % cores;
    files[`/sys/devices/system/cpu/cpu${thread}/topology/thread_siblings_list`] = `${core},${core + cores}\n`;
  }
  return files;
}

test("leaves one core to everything else, and takes at least one", () => {
  expect(chooseThreads(undefined, machine(8))).toBe(7);
  expect(chooseThreads(undefined, machine(2))).toBe(1);
  expect(chooseThreads(undefined, machine(1))).toBe(1);
});

test("siblings of a core count once, and those that the process may not use do not count", () => {
  expect(chooseThreads(undefined, machine(16, withSiblings(8, "0-15")))).toBe(8);
  expect(chooseThreads(undefined, machine(8, withSiblings(8, "0-7")))).toBe(7);
  expect(chooseThreads(undefined, machine(4, withSiblings(8, "0,1,8-9")))).toBe(2);
  expect(chooseThreads(undefined, machine(2, withSiblings(1, "0-1")))).toBe(1);
});

test("where siblings are switched off, cores are what may be used", () => {
  const files = { ...withSiblings(8, "0-15"), "/sys/devices/system/cpu/smt/active": "0\n" };
  expect(chooseThreads(undefined, machine(8, files))).toBe(7);
});

test("slow cores are left out where llama.cpp knows them", () => {
  expect(chooseThreads(6, machine(14))).toBe(6);
  expect(chooseThreads(32, machine(4))).toBe(3);
  expect(chooseThreads(0, machine(4))).toBe(1);
});

test("keeps below the quota of a container", () => {
  const quota = (text: string) => machine(64, { "/sys/fs/cgroup/cpu.max": text });
  expect(chooseThreads(undefined, quota("400000 100000\n"))).toBe(3);
  expect(chooseThreads(undefined, quota("150000 100000\n"))).toBe(1);
  expect(chooseThreads(undefined, quota("50000 100000\n"))).toBe(1);
  expect(chooseThreads(undefined, quota("max 100000\n"))).toBe(63);
});

test("the tightest control group around the process counts", () => {
  const files = {
    "/proc/self/cgroup": "0::/user.slice/job.scope\n",
    "/sys/fs/cgroup/user.slice/job.scope/cpu.max": "max 100000\n",
    "/sys/fs/cgroup/user.slice/cpu.max": "600000 100000\n",
  };
  expect(processorQuota(machine(64, files).read)).toBe(6);
  expect(chooseThreads(undefined, machine(64, files))).toBe(5);
});

test("reads quotas of the first version of control groups", () => {
  const files = {
    "/proc/self/cgroup": "4:memory:/docker/ab\n3:cpu,cpuacct:/docker/ab\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "250000\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
  };
  expect(processorQuota(machine(8, files).read)).toBe(2.5);
  expect(chooseThreads(undefined, machine(8, files))).toBe(1);
  const unlimited = { ...files, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n" };
  expect(processorQuota(machine(8, unlimited).read)).toBeUndefined();
});

test("takes no more here than there are", () => {
  const threads = chooseThreads();
  expect(threads).toBeGreaterThanOrEqual(1);
  expect(threads).toBeLessThanOrEqual(Math.max(1, os.availableParallelism() - 1));
});
