import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createState } from "./translation-state.ts";
import { VersionTree } from "./version-tree.ts";

function make(tree: VersionTree, translation: string) {
  return { parent: tree.current?.id, translation, state: createState("en", "de", "x"), reply: undefined, checks: [] };
}

describe("versions of a translation", () => {
  it("go back, forth, and into branches", () => {
    const tree = new VersionTree();
    expect(tree.canUndo || tree.canRedo).toBe(false);
    tree.add(make(tree, "a"));
    tree.add(make(tree, "b"));
    expect(tree.undo()?.translation).toBe("a");
    const branch = tree.add(make(tree, "c"));
    expect(tree.path.map(({ translation }) => translation)).toEqual(["a", "c"]);
    expect(tree.childrenOf(0).map(({ translation }) => translation)).toEqual(["b", "c"]);
    tree.undo();
    expect(tree.redo()).toBe(branch);
    expect(tree.goTo(1).translation).toBe("b");
    tree.undo();
    expect(tree.redo().translation).toBe("b");
    tree.undo();
    tree.undo();
    expect(tree.current).toBeUndefined();
    expect(() => tree.undo()).toThrow("nothing to undo");
    tree.redo();
    tree.redo();
    expect(() => tree.redo()).toThrow("nothing to redo");
    expect(() => tree.goTo(9)).toThrow("there is no such version");
  });

  it("undo and redo are inverse, after whatever was done", () => {
    const step = fc.oneof(fc.constant("add"), fc.constant("undo"), fc.constant("redo"), fc.nat(5));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const tree = new VersionTree();
        for (const [index, each] of steps.entries()) {
          if (each === "add") tree.add(make(tree, `${index}`));
          else if (each === "undo") {
            if (tree.canUndo) tree.undo();
          } else if (each === "redo") {
            if (tree.canRedo) tree.redo();
          } else if (tree.all[each] !== undefined) tree.goTo(each);
          const { current } = tree;
          if (tree.canUndo) {
            tree.undo();
            expect(tree.redo()).toBe(current);
          }
          for (const version of tree.path) expect(tree.all[version.id]).toBe(version);
          expect(tree.path.at(-1)).toBe(current);
        }
      }),
    );
  });
});
