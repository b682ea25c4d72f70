import { homedir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { defaultCacheFolder } from "./cache-folder.ts";

const home = homedir();
const end = join("bayling", "models");

it.each([
  ["linux", {}, join(home, ".cache", end)],
  ["linux", { XDG_CACHE_HOME: "" }, join(home, ".cache", end)],
  ["linux", { XDG_CACHE_HOME: "/data/cache" }, join("/data/cache", end)],
  ["darwin", {}, join(home, "Library", "Caches", end)],
  ["win32", { LOCALAPPDATA: "L:/local" }, join("L:/local", end)],
  ["win32", {}, join(home, "AppData", "Local", end)],
] as const)("is where %s keeps caches, with %o", (platform, environment, expected) => {
  expect(defaultCacheFolder(platform, environment)).toBe(expected);
});
