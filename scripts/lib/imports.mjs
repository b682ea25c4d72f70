import ts from "typescript";

/**
 * Everything that a TypeScript or JavaScript text imports: `import`, `export … from`, `import()` and `import("…").Type`.
 * @param {string} text
 * @returns {{ specifier: string, line: number, typeOnly: boolean }[]} `typeOnly`: gone when the program runs, or (for
 *   `import()`) not loaded with the file.
 */
export function findImports(text) {
  const source = ts.createSourceFile("file.ts", text, ts.ScriptTarget.Latest, false);
  const found = [];
  const add = (literal, typeOnly) => {
    if (!literal || !ts.isStringLiteral(literal)) return;
    const line = source.getLineAndCharacterOfPosition(literal.pos).line + 1;
    found.push({ specifier: literal.text, line, typeOnly });
  };
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], true);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
