import ts from "typescript";

/**
 * Everything that a TypeScript or JavaScript text imports: `import`, `export … from`, `import()` and `import("…").Type`.
 * @param {string} text
 * @returns {{ specifier: string, line: number, kind: "value" | "lazy" | "type" }[]} `lazy`: by `import()`, when its
 *   turn comes; `type`: gone when the program runs.
 */
export function findImports(text) {
  const source = ts.createSourceFile("file.ts", text, ts.ScriptTarget.Latest, false);
  const found = [];
  const add = (literal, kind) => {
    if (!literal || !ts.isStringLiteralLike(literal)) return;
    const line = source.getLineAndCharacterOfPosition(literal.end).line + 1;
    found.push({ specifier: literal.text, line, kind });
  };
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? "type" : "value");
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly ? "type" : "value");
    else if (ts.isImportTypeNode(node)) add(node.argument.literal, "type");
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], "lazy");
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
