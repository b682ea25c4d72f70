import { expect, test } from "vitest";
import { findImports } from "./imports.mjs";

const only = (text) => findImports(text).map(({ specifier, kind }) => [specifier, kind]);

test("finds every way to import, and tells them apart", () => {
  expect(only('import { a } from "./a.ts";\nexport * from "./b.ts";\nimport "./c.ts";')).toEqual([
    ["./a.ts", "value"],
    ["./b.ts", "value"],
    ["./c.ts", "value"],
  ]);
  expect(only('const x = await import("./d.ts");')).toEqual([["./d.ts", "lazy"]]);
  expect(
    only('import type { E } from "./e.ts";\nexport type { F } from "./f.ts";\nlet g: import("./g.ts").G;'),
  ).toEqual([
    ["./e.ts", "type"],
    ["./f.ts", "type"],
    ["./g.ts", "type"],
  ]);
});

test("counts lines from 1 and sees no imports in strings and comments", () => {
  expect(findImports('// import "./no.ts";\nconst text = `import "./no.ts"`;\nimport "./yes.ts";\n')).toEqual([
    { specifier: "./yes.ts", line: 3, kind: "value" },
  ]);
});
