import type { Terminal } from "../output/terminal.ts";
import type { BenchSizes } from "./bench-sizes.ts";
import { type Contestant, type Measurement, measure } from "./measure.ts";

/** Measures, and shows which repetition it is at. `name` tells who is measured, where there are several. */
export async function measureShowing(
  terminal: Terminal,
  contestant: Contestant,
  prompt: readonly number[],
  sizes: BenchSizes,
  name?: string,
): Promise<Measurement> {
  if (!terminal.isNoteInteractive) return measure(contestant, prompt, sizes, () => {});
  try {
    return await measure(contestant, prompt, sizes, (repetition) => {
      const what = repetition === 0 ? "warming up" : `repetition ${repetition} of ${sizes.repetitions}`;
      const line = name === undefined ? what : `${name}: ${what}`;
      terminal.writeNote(`\r\u001b[2K${terminal.paintNote("dim", line)}`);
    });
  } finally {
    terminal.writeNote("\r\u001b[2K");
  }
}
