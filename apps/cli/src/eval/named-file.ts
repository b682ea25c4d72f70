import path from "node:path";

/** A file on the command line that stands for a system: `[name=]file`; without a name it has that of the file. */
export function parseNamedFile(text: string): { readonly name: string; readonly file: string } {
  const [, name, file] = /^([^/\\=]+)=(.+)$/su.exec(text) ?? [undefined, undefined, text];
  return { name: name ?? path.basename(file).replace(/(?<=.)\.[^.]*$/u, ""), file };
}

/** The path of a system's file in a folder. Names of models have slashes and colons, which no file has. */
export function systemFile(folder: string, name: string, ending: string): string {
  return path.join(folder, `${name.replace(/[^\p{L}\p{N}._ -]+/gu, "_")}${ending}`);
}
