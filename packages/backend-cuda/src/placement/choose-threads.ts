import os from "node:os";
import { controlGroupFolders, type ReadText, readSystemText } from "./control-groups.ts";

/** What is asked of the machine. */
export interface ProcessorFacts {
  /** Hardware threads that this process may use. */
  readonly parallelism: number;
  readonly read: ReadText;
}

/**
 * How many threads llama.cpp gets on the CPU: one for every physical core, while at least one hardware thread stays
 * free for everything else. llama.cpp's threads meet after every operation and wait there without sleeping: if one of
 * them has to share its core, all wait for it, and a model runs ten times slower. The quota of a container counts as
 * its cores, since a process that has used it up is stopped for the rest of the period.
 * @param usefulCores what llama.cpp itself counts: on processors with fast and slow cores, the fast ones
 */
export function chooseThreads(usefulCores?: number, facts: ProcessorFacts = thisProcess()): number {
  const { parallelism, read } = facts;
  const quota = processorQuota(read) ?? Number.POSITIVE_INFINITY;
  const spared = Math.min(parallelism, Math.floor(quota)) - 1;
  const cores = Math.min(physicalCores(read) ?? parallelism, usefulCores ?? Number.POSITIVE_INFINITY);
  return Math.max(1, Math.min(spared, cores));
}

function thisProcess(): ProcessorFacts {
  return { parallelism: os.availableParallelism(), read: readSystemText };
}

/** Processors' worth of time that the control groups of this process leave it; undefined without a limit. */
export function processorQuota(read: ReadText): number | undefined {
  const quotas: number[] = [];
  for (const folder of controlGroupFolders("cpu", read)) {
    const [second, period] = (read(`${folder}/cpu.max`) ?? "").trim().split(" ");
    quotas.push(Number(second || Number.NaN) / Number(period));
    const first = read(`${folder}/cpu.cfs_quota_us`);
    quotas.push(Number(first ?? Number.NaN) / Number(read(`${folder}/cpu.cfs_period_us`)));
  }
  // "max", −1 and files that are not there are no limit.
  const limits = quotas.filter((quota) => Number.isFinite(quota) && quota > 0);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Cores behind the hardware threads that this process may run on; undefined where Linux does not say. */
function physicalCores(read: ReadText): number | undefined {
  if (read("/sys/devices/system/cpu/smt/active")?.trim() !== "1") return undefined;
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(read("/proc/self/status") ?? "")?.[1];
  if (allowed === undefined) return undefined;
  const cores = new Set<string>();
  for (const processor of listedNumbers(allowed)) {
    const siblings = read(`/sys/devices/system/cpu/cpu${processor}/topology/thread_siblings_list`)?.trim();
    if (siblings !== undefined) cores.add(siblings);
  }
  return cores.size === 0 ? undefined : cores.size;
}

/** "0-3,8" → 0, 1, 2, 3, 8 */
function listedNumbers(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split("-").map(Number);
    // Kernels list as many as they were built for, whether these are there or not.
    const count = Math.min(last - first + 1, 4096);
    return count > 0 ? Array.from({ length: count }, (_, index) => first + index) : [];
  });
}
