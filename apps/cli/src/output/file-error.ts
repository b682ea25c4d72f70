const problems: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  ENOSPC: "the disk is full",
  EROFS: "the disk cannot be written to",
  EMFILE: "too many files are open",
};

/** What went wrong with a file, in a clause. */
export function describeFileError(error: unknown): string {
  const known = problems[String((error as { code?: unknown } | null)?.code)];
  return known ?? (error instanceof Error ? error.message : String(error));
}
