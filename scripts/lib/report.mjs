/**
 * Ends a check: prints the problems, or what was found in order. Every check reports all that it finds, not the first.
 * @param {readonly string[]} problems
 * @param {string} inOrder One line.
 */
export function report(problems, inOrder) {
  for (const problem of problems) console.error(problem);
  if (problems.length === 0) console.log(inOrder);
  else {
    console.error(`\n${problems.length} ${problems.length === 1 ? "problem" : "problems"}`);
    process.exitCode = 1;
  }
}
