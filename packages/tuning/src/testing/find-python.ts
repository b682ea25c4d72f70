import { execFileSync } from "node:child_process";

/** A Python that has all of these modules; `undefined`, said once, where there is none. */
export function findPython(...modules: readonly string[]): string | undefined {
  const python = ["python3", "/usr/bin/python3"].find((program) => {
    try {
      execFileSync(program, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
  if (python === undefined) console.warn(`skipped: there is no Python with ${modules.join(" and ")} here`);
  return python;
}
