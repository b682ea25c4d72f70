import { BayLingError } from "../../errors.ts";

/** What the objects of a pickle are made with: none of it is Python's, and nothing that the pickle names is run. */
export interface PickleHost {
  /** What a name such as `collections.OrderedDict` stands for. @throws BayLingError for one that is not known */
  global(name: string): unknown;
  /** The object that calling a global would make. */
  call(callable: unknown, args: readonly unknown[]): unknown;
  /** What lies outside of the pickle. */
  persistent(id: unknown): unknown;
}

/** A list of Python; tuples are plain arrays. */
class PickleList {
  readonly items: unknown[] = [];
}

/** Python writes at most 1000 elements between a mark and what collects them. */
const mostStacked = 100_000;
/** Room for 100,000 tensors. */
const mostRemembered = 1 << 20;
const mostContainers = 1 << 20;
const mostTextBytes = 1 << 16;

const mark: unique symbol = Symbol("mark");

/**
 * Reads a pickle (protocols 2 to 5, as PEP 307, 3154 and `pickletools.py` of Python say) that holds data only: numbers,
 * strings, tuples, lists, dictionaries, and what the host makes of the globals that it knows. Dictionaries become maps.
 * Every other opcode is refused by its number, every other global by its name.
 * @param source the file, for messages
 * @throws BayLingError `pytorch-invalid`, `pytorch-not-supported`, and what the host throws
 */
export function readPickle(bytes: Uint8Array, source: string, host: PickleHost): unknown {
  return new PickleReader(bytes, source, host).read();
}

const decoder = new TextDecoder("utf-8", { fatal: true });

class PickleReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #source: string;
  readonly #host: PickleHost;
  readonly #stack: unknown[] = [];
  readonly #memo: Map<number, unknown> = new Map();
  #at = 0;
  #containers = 0;

  constructor(bytes: Uint8Array, source: string, host: PickleHost) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#source = source;
    this.#host = host;
  }

  read(): unknown {
    for (;;) {
      const at = this.#take(1);
      const opcode = this.#bytes[at]!;
      if (opcode === 0x2e) return this.#result();
      this.#step(opcode, at);
      if (this.#stack.length > mostStacked) throw this.#invalid("too much lies on the stack");
    }
  }

  /** STOP: nothing but the result is left. */
  #result(): unknown {
    const result = this.#pop();
    if (this.#stack.length === 0) return result;
    throw this.#invalid("objects are left over at the end");
  }

  #step(opcode: number, at: number): void {
    switch (opcode) {
      case 0x80: // PROTO
        this.#protocol(this.#uint8());
        return;
      case 0x95: // FRAME: a hint for readers of streams
        this.#take(8);
        return;
      case 0x28: // MARK
        this.#stack.push(mark);
        return;
      case 0x30: // POP
        this.#stack.pop();
        return;
      case 0x4e: // NONE
        this.#stack.push(null);
        return;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        this.#stack.push(opcode === 0x88);
        return;
      case 0x4b: // BININT1
        this.#stack.push(this.#uint8());
        return;
      case 0x4d: // BININT2
        this.#stack.push(this.#view.getUint16(this.#take(2), true));
        return;
      case 0x4a: // BININT
        this.#stack.push(this.#view.getInt32(this.#take(4), true));
        return;
      case 0x8a: // LONG1
        this.#stack.push(this.#long(this.#uint8()));
        return;
      case 0x47: // BINFLOAT
        this.#stack.push(this.#view.getFloat64(this.#take(8), false));
        return;
      case 0x58: // BINUNICODE
        this.#stack.push(this.#text(this.#uint32()));
        return;
      case 0x8c: // SHORT_BINUNICODE
        this.#stack.push(this.#text(this.#uint8()));
        return;
      case 0x29: // EMPTY_TUPLE
        this.#push([]);
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#push(this.#popMany(opcode - 0x84));
        return;
      case 0x74: // TUPLE
        this.#push(this.#popToMark());
        return;
      case 0x5d: // EMPTY_LIST
        this.#push(new PickleList());
        return;
      case 0x61: // APPEND
        this.#append(this.#popMany(1));
        return;
      case 0x65: // APPENDS
        this.#append(this.#popToMark());
        return;
      case 0x7d: // EMPTY_DICT
        this.#push(new Map());
        return;
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2));
        return;
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark());
        return;
      case 0x71: // BINPUT
        this.#remember(this.#uint8());
        return;
      case 0x72: // LONG_BINPUT
        this.#remember(this.#uint32());
        return;
      case 0x94: // MEMOIZE
        this.#remember(this.#memo.size);
        return;
      case 0x68: // BINGET
        this.#recall(this.#uint8());
        return;
      case 0x6a: // LONG_BINGET
        this.#recall(this.#uint32());
        return;
      case 0x63: // GLOBAL
        this.#stack.push(this.#host.global(`${this.#line()}.${this.#line()}`));
        return;
      case 0x93: // STACK_GLOBAL
        this.#stack.push(this.#host.global(this.#popMany(2).map(String).join(".")));
        return;
      case 0x51: // BINPERSID
        this.#push(this.#host.persistent(this.#pop()));
        return;
      case 0x52: // REDUCE
        this.#reduce();
        return;
      case 0x62: // BUILD
        this.#build();
        return;
      default:
        throw new BayLingError("pytorch-not-supported", {
          source: this.#source,
          problem: "the pickle holds an opcode that no tensors are written with",
          received: `0x${opcode.toString(16).padStart(2, "0")} at byte ${at}`,
          remedy: "Save the model's state_dict() alone, with torch.save or in safetensors",
        });
    }
  }

  #protocol(version: number): void {
    if (version < 2 || version > 5) throw this.#invalid(`there is no way to read protocol ${version}`);
  }

  #reduce(): void {
    const [callable, args] = this.#popMany(2);
    if (!Array.isArray(args)) throw this.#invalid("a call has no arguments");
    this.#push(this.#host.call(callable, args));
  }

  /** Attributes of an object. Dictionaries of tensors have some (`_metadata`), and none of them says what they hold. */
  #build(): void {
    this.#pop();
    if (!(this.#top() instanceof Map)) throw this.#invalid("attributes are given to something that has none");
  }

  #append(items: readonly unknown[]): void {
    const list = this.#top();
    if (!(list instanceof PickleList)) throw this.#invalid("something is appended to what is no list");
    for (const item of items) list.items.push(item);
  }

  #setItems(items: readonly unknown[]): void {
    const map = this.#top();
    if (!(map instanceof Map)) throw this.#invalid("an entry is put into what is no dictionary");
    if (items.length % 2 !== 0) throw this.#invalid("a key of a dictionary has no value");
    for (let index = 0; index < items.length; index += 2) {
      const key = items[index];
      // Hazard: which of two tensors of one name it is would depend on the reader.
      if (map.has(key)) throw this.#invalid("a dictionary has two entries of one name", String(key));
      map.set(key, items[index + 1]);
    }
  }

  #remember(place: number): void {
    this.#memo.set(place, this.#top());
    if (this.#memo.size > mostRemembered) throw this.#invalid("the pickle remembers more objects than any model has");
  }

  #recall(place: number): void {
    if (!this.#memo.has(place)) throw this.#invalid("the pickle recalls what it has not remembered", String(place));
    this.#stack.push(this.#memo.get(place));
  }

  /** For what takes memory of its own. */
  #push(container: unknown): void {
    this.#containers++;
    if (this.#containers > mostContainers) throw this.#invalid("the pickle holds more objects than any model has");
    this.#stack.push(container);
  }

  #top(): unknown {
    const top = this.#stack.at(-1);
    if (top === undefined || top === mark) throw this.#invalid("an object is missing");
    return top;
  }

  #pop(): unknown {
    const top = this.#top();
    this.#stack.pop();
    return top;
  }

  #popMany(count: number): unknown[] {
    const items: unknown[] = [];
    for (let index = 0; index < count; index++) items.push(this.#pop());
    return items.reverse();
  }

  #popToMark(): unknown[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at < 0) throw this.#invalid("a mark is missing");
    const items = this.#stack.splice(at);
    items.shift();
    return items;
  }

  /** Where the next `length` bytes lie. */
  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw this.#invalid("the pickle ends in the middle");
    this.#at += length;
    return at;
  }

  #uint8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** Whole numbers of up to eight bytes, little-endian, in two's complement. */
  #long(length: number): number {
    if (length > 8) throw this.#invalid("a number is too large", `${length} bytes`);
    const at = this.#take(length);
    let value = 0n;
    for (let index = 0; index < length; index++) value |= BigInt(this.#bytes[at + index]!) << BigInt(8 * index);
    return Number(BigInt.asIntN(8 * length, value));
  }

  #text(length: number): string {
    if (length > mostTextBytes) throw this.#invalid("a string is too long", `${length} bytes`);
    const at = this.#take(length);
    return this.#decode(at, length);
  }

  /** To the end of the line, which is not part of it. */
  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > mostTextBytes) throw this.#invalid("a name has no end");
    const at = this.#take(end + 1 - this.#at);
    return this.#decode(at, end - at);
  }

  #decode(at: number, length: number): string {
    try {
      return decoder.decode(this.#bytes.subarray(at, at + length));
    } catch (cause) {
      throw this.#invalid("a string is not UTF-8", undefined, cause);
    }
  }

  #invalid(problem: string, received?: string, cause?: unknown): BayLingError {
    return new BayLingError("pytorch-invalid", {
      source: this.#source,
      field: `byte ${this.#at} of data.pkl`,
      problem,
      received,
      remedy: "Download the file again",
      cause,
    });
  }
}
