import { styleText } from "node:util";
import type { OutputStream } from "../io.ts";

export type Look = Parameters<typeof styleText>[0];

/** Gives text a look, or leaves it as it is where colours are not wanted. */
export type Paint = (look: Look, text: string) => string;

/** For a stream: colours on a terminal, unless `NO_COLOR` is set; `FORCE_COLOR` turns them on anywhere but at 0. */
export function paintFor(stream: OutputStream, env: Readonly<Record<string, string | undefined>>): Paint {
  return wantsColour(stream, env)
    ? (look, text) => styleText(look, text, { validateStream: false })
    : (_, text) => text;
}

function wantsColour(stream: OutputStream, env: Readonly<Record<string, string | undefined>>): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  if (no !== undefined && no !== "") return false;
  return stream.isTTY === true && term !== "dumb";
}
