import { BayLingError } from "@bayling/core";
import sax from "sax";

/** A `tu` of a translation memory. */
export interface TranslationUnit {
  /** The line of the file on which it begins, counted from 1. */
  readonly line: number;
  readonly id: string | undefined;
  /** Languages as the file writes them. */
  readonly variants: readonly { readonly language: string; readonly text: string }[];
}

/** Elements within a segment whose content is code of another format, or a text of its own. */
const codeElements = new Set(["bpt", "ept", "it", "ph", "ut", "sub"]);

/** What XML calls an error and an editor of a translation memory calls an ampersand. */
const entityProblem = /^(?:Invalid character entity|Invalid character in entity name|Unknown entity)/;

/** So many characters a text of one segment may have; what is beyond would be a missing end tag. */
const longestSegment = 2 ** 20;

/**
 * Finds the units of a TMX file, piece by piece. Entities that XML does not know are taken as they stand; codes within
 * segments are left out, highlighted text stays.
 */
export class TmxParser {
  readonly #file: string;
  readonly #parser: sax.SAXParser;
  #units: TranslationUnit[] = [];
  #hasRoot = false;
  #unit: { line: number; id: string | undefined; variants: { language: string; text: string }[] } | undefined;
  #language = "";
  #segment: string | undefined;
  /** How many elements of code the place is within. */
  #codes = 0;
  #failure: BayLingError | undefined;

  constructor(file: string, onEntity: (line: number, detail: string) => void) {
    this.#file = file;
    this.#parser = sax.parser(true);
    const parser = this.#parser;
    parser.onopentag = ({ name, attributes }) => this.#open(local(name), attributes as Record<string, string>);
    parser.onclosetag = (name) => this.#close(local(name));
    parser.ontext = (text) => this.#add(text);
    parser.oncdata = (text) => this.#add(text);
    parser.onerror = (error) => {
      const [message] = error.message.split("\n");
      parser.error = null as unknown as Error;
      if (entityProblem.test(message!) && this.#segment !== undefined) onEntity(this.line, message!);
      else this.#failure ??= this.#invalid(`the XML is broken: ${message}`, error);
    };
  }

  /** The line that was reached, counted from 1. */
  get line(): number {
    return this.#parser.line + 1;
  }

  /** @throws BayLingError `bitext-invalid`, on the call after the one that gave the units before the error */
  *write(text: string): Generator<TranslationUnit> {
    if (text !== "") this.#feed(() => this.#parser.write(text));
    yield* this.#take();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** @throws BayLingError `bitext-invalid`, also for a file that ends too early */
  *end(text: string): Generator<TranslationUnit> {
    yield* this.write(text);
    this.#feed(() => this.#parser.close());
    yield* this.#take();
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#hasRoot) throw this.#invalid("this is no TMX", undefined);
  }

  #feed(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#failure ??= this.#invalid(`the XML is broken: ${(error as Error).message.split("\n")[0]}`, error);
    }
  }

  #take(): readonly TranslationUnit[] {
    const units = this.#units;
    this.#units = [];
    return units;
  }

  #open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (this.#failure !== undefined) return;
    if (!this.#hasRoot) {
      this.#hasRoot = true;
      if (name !== "tmx") this.#failure = this.#invalid(`the outermost element is ${name}`, undefined);
    }
    if (name === "tu") this.#unit = { line: this.line, id: attributes.tuid, variants: [] };
    else if (name === "tuv") this.#language = attributes["xml:lang"] ?? attributes.lang ?? "";
    else if (name === "seg") this.#segment = "";
    else if (this.#segment !== undefined && codeElements.has(name)) this.#codes++;
  }

  #close(name: string): void {
    if (this.#failure !== undefined) return;
    if (name === "seg" && this.#segment !== undefined) {
      this.#unit?.variants.push({ language: this.#language, text: this.#segment });
      this.#segment = undefined;
      this.#codes = 0;
    } else if (name === "tu" && this.#unit !== undefined) {
      this.#units.push(this.#unit);
      this.#unit = undefined;
    } else if (this.#segment !== undefined && codeElements.has(name)) this.#codes--;
  }

  #add(text: string): void {
    if (this.#segment === undefined || this.#codes > 0 || this.#failure !== undefined) return;
    this.#segment += text;
    if (this.#segment.length > longestSegment) {
      this.#failure = this.#invalid(`a segment is longer than ${longestSegment} characters`, undefined);
    }
  }

  #invalid(problem: string, cause: unknown): BayLingError {
    return new BayLingError("bitext-invalid", {
      ...{ source: `${this.#file}:${this.line}`, problem, cause },
      expected: "a translation memory in TMX, well-formed",
      remedy: "Repair the file there; the units before it were read",
    });
  }
}

function local(name: string): string {
  return name.slice(name.indexOf(":") + 1).toLowerCase();
}
