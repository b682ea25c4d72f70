import fs from "node:fs";
import path from "node:path";
import { capture } from "./run.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];

const applications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/** The Chromium of this machine, or a browser made from it; `CHROMIUM_PATH` goes before. */
function findChromium() {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (!fs.existsSync(given)) throw new Error(`CHROMIUM_PATH names a file that is not there: ${given}`);
    return given;
  }
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => folder !== "");
  const onPath = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [...onPath, ...applications].find((file) => fs.existsSync(file));
}

/**
 * Finds Chromium. In CI, as root on Debian, it is installed when it is missing.
 * @returns {string | undefined} Its path; `undefined` when there is none, and this is no CI where there must be one.
 * @throws Error in CI without Chromium; says what to install
 */
export function provideChromium() {
  const found = findChromium();
  if (found !== undefined || !process.env.CI) return found;
  let printed = "";
  if (process.getuid?.() === 0 && fs.existsSync("/usr/bin/apt-get")) {
    console.log("Installing Debian's chromium …");
    for (const step of [["update"], ["install", "--yes", "--no-install-recommends", "chromium"]]) {
      const { code, output } = capture("/usr/bin/apt-get", ["--quiet=2", ...step], {
        env: { DEBIAN_FRONTEND: "noninteractive" },
      });
      if (code !== 0) printed += output;
    }
  }
  const installed = findChromium();
  if (installed !== undefined) return installed;
  throw new Error(`${printed}No Chromium here. Install Chromium or Chrome, or let CHROMIUM_PATH name one.`);
}
