import fs from "node:fs";
import path from "node:path";
import { chromium } from "playwright";
import { installOnDebian } from "./debian.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];

const applications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/** What there is to say and to do without Chromium. */
export const chromiumMissing =
  "No Chromium here. Install Chromium or Chrome (on Debian: apt-get install chromium), or let CHROMIUM_PATH name one.";

/**
 * The Chromium of this machine, or a browser made from it; `CHROMIUM_PATH` goes before, Playwright's own comes last.
 * @returns {string | undefined} Its path; `undefined` when there is none.
 * @throws Error when `CHROMIUM_PATH` leads nowhere
 */
export function findChromium() {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (!fs.existsSync(given)) throw new Error(`CHROMIUM_PATH names a file that is not there: ${given}`);
    return given;
  }
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => folder !== "");
  const onPath = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [...onPath, ...applications, chromium.executablePath()].find((file) => fs.existsSync(file));
}

/**
 * {@link findChromium}, after installing it where that is ours to do: as root on Debian, so in a container.
 * @returns {string | undefined} Its path; `undefined` when there is none, and {@link chromiumMissing} says what to do.
 */
export function provideChromium() {
  const found = findChromium();
  if (found !== undefined) return found;
  installOnDebian(["chromium"], "for tests in a browser and on its software GPU");
  return findChromium();
}

/** What Chromium is started with: no window, and nothing that asks other servers. */
export const chromiumFlags = [
  "--headless=new",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
