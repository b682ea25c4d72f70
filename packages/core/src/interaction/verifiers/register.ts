import type { Verdict } from "../act.ts";
import { baseLanguage } from "../language.ts";
import type { Register } from "../translation-state.ts";
import { fail, pass, unknown } from "../verdict.ts";

interface Address {
  readonly formal: RegExp;
  readonly informal: RegExp;
}

/**
 * Words that address somebody in one register only. German "Sie" counts after a word or a comma only: at the beginning
 * of a sentence it can be "she" or "they".
 */
const addresses: Readonly<Record<string, Address>> = {
  de: {
    formal: /(?=[SI])(?<=[\p{Ll}\p{N},;]\s+["„»(]?)(?:Sie|Ihnen|Ihr(?:e[mnrs]?)?)(?![\p{L}\p{M}])/u,
    informal: /(?<![\p{L}\p{M}])(?:du|dir|dich|dein(?:e[mnrs]?)?|euch|euer|eure[mnrs]?)(?![\p{L}\p{M}])/iu,
  },
  zh: { formal: /您/u, informal: /[你妳]/u },
};

/** Whether a text addresses its reader formally or not; undecided where it addresses nobody, or mixes both. */
export function checkRegister(reply: string, register: Register, language: string): Verdict {
  const address = addresses[baseLanguage(language)];
  if (address === undefined) return unknown("in this language no single word tells the register");
  const [formal, informal] = [address.formal.exec(reply)?.[0], address.informal.exec(reply)?.[0]];
  if (formal === undefined && informal === undefined)
    return unknown("it addresses nobody, so the register does not show");
  if (formal !== undefined && informal !== undefined) return unknown(`it mixes "${formal}" and "${informal}"`);
  const found = formal === undefined ? "informal" : "formal";
  return found === register
    ? pass(`"${formal ?? informal}" is ${register}`)
    : fail(`"${formal ?? informal}" is ${found}, not ${register}`);
}
