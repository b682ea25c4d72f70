const arrayTypes = ["Uint32Array", "Float32Array", "Uint8Array", "Uint16Array", "Int32Array", "Float64Array"] as const;
const copying = ["slice", "subarray", "map", "filter"] as const;

// What all typed arrays inherit from has no name of its own.
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Record<string, (...given: unknown[]) => unknown>;

/** Counts the typed arrays that are created until it is stopped: by their constructors, and from one another. */
export class ArrayCount {
  readonly #undo: (() => void)[] = [];
  count = 0;

  constructor() {
    for (const name of arrayTypes) this.#watchConstructor(name);
    for (const name of copying) this.#watchMethod(name);
  }

  stop(): void {
    for (const undo of this.#undo) undo();
  }

  #watchConstructor(name: (typeof arrayTypes)[number]): void {
    const original = globalThis[name];
    const add = () => this.count++;
    const counted = new Proxy(original, {
      construct(target, given, newTarget) {
        add();
        return Reflect.construct(target, given, newTarget) as object;
      },
    });
    Object.assign(globalThis, { [name]: counted });
    this.#undo.push(() => Object.assign(globalThis, { [name]: original }));
  }

  #watchMethod(name: (typeof copying)[number]): void {
    const original = typedArray[name]!;
    const add = () => this.count++;
    typedArray[name] = function (this: unknown, ...given) {
      add();
      return original.apply(this, given);
    };
    this.#undo.push(() => {
      typedArray[name] = original;
    });
  }
}
