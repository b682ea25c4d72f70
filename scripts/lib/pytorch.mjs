import { installOnDebian } from "./debian.mjs";
import { capture } from "./run.mjs";

/** Whether some Python of this machine has PyTorch; the tests ask the same ones. */
function hasPyTorch() {
  return ["python3", "/usr/bin/python3"].some((python) => {
    try {
      return capture(python, ["-c", "import torch, numpy"]).code === 0;
    } catch {
      return false; // there is no such program
    }
  });
}

/** Installs PyTorch where that is ours to do. Tests that train, or read its files, say so where there is none. */
export function providePyTorch() {
  if (!hasPyTorch()) installOnDebian(["python3-torch"], "for tests that train models and read its files");
}
