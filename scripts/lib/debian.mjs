import fs from "node:fs";
import { capture } from "./run.mjs";

/**
 * Installs packages where that is ours to do: as root on Debian, so in a container. Elsewhere nothing happens.
 * @param {readonly string[]} packages
 * @param {string} purpose what is said of them
 */
export function installOnDebian(packages, purpose) {
  if (process.getuid?.() !== 0 || !fs.existsSync("/usr/bin/apt-get")) return;
  console.log(`Installing Debian's ${packages.join(", ")}, ${purpose} …`);
  for (const step of [["update"], ["install", "--yes", "--no-install-recommends", ...packages]]) {
    const { code, output } = capture("/usr/bin/apt-get", ["--quiet=2", ...step], {
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
    if (code !== 0) console.error(output.trim());
  }
}
