import fs from "node:fs";

/** The text of a file of the operating system; undefined when it is not there. */
export type ReadText = (path: string) => string | undefined;

export const readSystemText: ReadText = (path) => {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

/**
 * The folders of Linux's control groups that this process is in, innermost first. Limits of every one of them hold. In
 * a container the root of the file system of control groups is often the container's own group, while the path that
 * the kernel names is the one outside: both are looked at.
 * @param controller `cpu` or `memory`, for the first version of control groups; the second has one tree for all
 */
export function controlGroupFolders(controller: "cpu" | "memory", read: ReadText): string[] {
  const folders: string[] = [];
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    const [id, controllers, ...rest] = line.split(":");
    const root = rootOf(id, controllers?.split(",") ?? [], controller);
    if (root === undefined) continue;
    let path = rest.join(":").replace(/\/$/, "");
    for (; path !== ""; path = path.slice(0, path.lastIndexOf("/"))) folders.push(root + path);
    folders.push(root);
  }
  return folders.length === 0 ? ["/sys/fs/cgroup", `/sys/fs/cgroup/${controller}`] : folders;
}

function rootOf(id: string | undefined, controllers: readonly string[], controller: string): string | undefined {
  if (id === "0") return "/sys/fs/cgroup";
  return controllers.includes(controller) ? `/sys/fs/cgroup/${controller}` : undefined;
}
