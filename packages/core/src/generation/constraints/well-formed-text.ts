import type { Constraint } from "./constraint.ts";

/** What may come: any first byte of a character, or the rest of one. */
const START = 0;
const ONE_MORE = 1;
const TWO_MORE = 2;
const THREE_MORE = 3;
/** After E0, ED, F0 and F4: the next byte is bounded, against overlong forms, surrogates and what is beyond Unicode. */
const AFTER_E0 = 4;
const AFTER_ED = 5;
const AFTER_F0 = 6;
const AFTER_F4 = 7;

const bytesToEnd = [0, 1, 2, 3, 2, 2, 3, 3];

/** UTF-8 as Unicode 16, table 3-7 has it. Holds for every constrained text: half a character is no text. */
export const wellFormedText: Constraint<number> = {
  name: "well-formed text",
  begin: () => START,
  step: nextState,
  mayEnd: (state) => state === START,
  key: (state) => state,
  bytesToEnd: (state) => bytesToEnd[state]!,
};

function nextState(state: number, byte: number): number | undefined {
  switch (state) {
    case START:
      return afterFirst(byte);
    case AFTER_E0:
      return byte >= 0xa0 && byte < 0xc0 ? ONE_MORE : undefined;
    case AFTER_ED:
      return byte >= 0x80 && byte < 0xa0 ? ONE_MORE : undefined;
    case AFTER_F0:
      return byte >= 0x90 && byte < 0xc0 ? TWO_MORE : undefined;
    case AFTER_F4:
      return byte >= 0x80 && byte < 0x90 ? TWO_MORE : undefined;
    default:
      return byte >= 0x80 && byte < 0xc0 ? state - 1 : undefined;
  }
}

function afterFirst(byte: number): number | undefined {
  if (byte < 0x80) return START;
  if (byte < 0xc2 || byte > 0xf4) return undefined;
  if (byte < 0xe0) return ONE_MORE;
  if (byte < 0xf0) return byte === 0xe0 ? AFTER_E0 : byte === 0xed ? AFTER_ED : TWO_MORE;
  return byte === 0xf0 ? AFTER_F0 : byte === 0xf4 ? AFTER_F4 : THREE_MORE;
}
