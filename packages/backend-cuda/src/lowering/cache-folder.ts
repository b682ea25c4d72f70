import { homedir } from "node:os";
import { join } from "node:path";

/** `bayling/models` in the folder where this system keeps what a user's programs can make again. */
export function defaultCacheFolder(
  platform: NodeJS.Platform = process.platform,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return join(userCacheFolder(platform, environment), "bayling", "models");
}

function userCacheFolder(platform: NodeJS.Platform, environment: Readonly<Record<string, string | undefined>>): string {
  // An empty variable counts as none (XDG Base Directory Specification 0.8).
  if (environment.XDG_CACHE_HOME) return environment.XDG_CACHE_HOME;
  if (platform === "darwin") return join(homedir(), "Library", "Caches");
  if (platform === "win32") return environment.LOCALAPPDATA || join(homedir(), "AppData", "Local");
  return join(homedir(), ".cache");
}
