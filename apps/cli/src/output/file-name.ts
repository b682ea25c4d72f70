/** The last part of a path or URL, without a query. */
export function fileName(source: string): string {
  const path = /^[a-z][a-z0-9+.-]+:\/\//i.test(source) ? source.replace(/[?#].*$/s, "") : source;
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? source;
}
