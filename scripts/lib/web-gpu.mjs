import fs from "node:fs";
import path from "node:path";
import { findChromium } from "./chromium.mjs";

/** Whether WebGPU shall run on what the machine has, in place of Chromium's software GPU, SwiftShader. */
const onHardware = process.env.BAYLING_GPU === "hardware";

/** Where packages put the libraries of Chromium, if not beside the program that {@link findChromium} finds. */
const libraryFolders = [
  "/usr/lib/chromium",
  "/usr/lib64/chromium-browser",
  "/snap/chromium/current/usr/lib/chromium-browser",
  "/opt/google/chrome",
  "/opt/microsoft/msedge",
];

/**
 * What turns WebGPU on in a headless Chromium. Workgroup memory is left as it is, as in Node: zeroing 16 KiB of it takes
 * SwiftShader two seconds a kernel to compile, and would hide that a kernel reads what it has not written.
 */
export const webGpuFlags = [
  "--enable-unsafe-webgpu",
  "--enable-dawn-features=disable_workgroup_init",
  "--enable-features=Vulkan",
  ...(onHardware ? [] : ["--use-webgpu-adapter=swiftshader"]),
];

/**
 * The environment that a Node process has to be started with, so that Dawn (npm package `webgpu`) finds SwiftShader and
 * a Vulkan loader, both of which every Chromium for Linux brings. Set later, `LD_LIBRARY_PATH` has no effect.
 * Empty where that is not wanted (`BAYLING_GPU=hardware`, or a Vulkan driver is chosen already), where Dawn needs no
 * Vulkan (macOS, Windows), and where there is no Chromium: the system's Vulkan is left, if it has any.
 * @returns {Record<string, string>}
 */
export function webGpuEnvironment() {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES, LD_LIBRARY_PATH } = process.env;
  if (process.platform !== "linux" || onHardware || VK_DRIVER_FILES || VK_ICD_FILENAMES) return {};
  const browser = findChromium();
  const folders = browser === undefined ? libraryFolders : [path.dirname(fs.realpathSync(browser)), ...libraryFolders];
  const folder = folders.find((each) =>
    ["vk_swiftshader_icd.json", "libvulkan.so.1"].every((name) => fs.existsSync(path.join(each, name))),
  );
  if (folder === undefined) return {};
  const driver = path.join(folder, "vk_swiftshader_icd.json");
  return {
    VK_DRIVER_FILES: driver,
    VK_ICD_FILENAMES: driver,
    LD_LIBRARY_PATH: LD_LIBRARY_PATH ? `${folder}:${LD_LIBRARY_PATH}` : folder,
  };
}

/** What there is to say and to do when Dawn finds no GPU. */
export const gpuMissing =
  process.platform === "linux"
    ? "Dawn finds no GPU. Install Chromium or Chrome, whose software GPU it then takes, or a Vulkan driver with its loader (libvulkan1); BAYLING_GPU=hardware asks for the latter."
    : "Dawn finds no GPU. Update the graphics driver.";
