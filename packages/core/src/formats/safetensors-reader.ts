import type { ReadOptions } from "../sources/byte-source.ts";
import type { SourceInput } from "../sources/open-source.ts";
import { type CheckpointFile, OpenCheckpointFile, openCheckpoint } from "./checkpoint-file.ts";
import type { ModelPart } from "./model-part.ts";
import { readSafetensorsHeader, type SafetensorsHeader } from "./safetensors-header.ts";

/** Open safetensors files. */
export interface SafetensorsFile extends CheckpointFile {
  /** What the writer of the first file noted. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Opens a safetensors file, or all the shards of one model, and reads the headers, not the tensors.
 * @throws BayLingError `safetensors-invalid`, `safetensors-truncated`, `source-…`, `argument-invalid`
 */
export function readSafetensors(
  source: SourceInput | readonly SourceInput[],
  options: ReadOptions = {},
): Promise<SafetensorsFile> {
  return openCheckpoint(source, readSafetensorsHeader, (parts) => new OpenSafetensorsFile(parts), options);
}

class OpenSafetensorsFile extends OpenCheckpointFile implements SafetensorsFile {
  readonly metadata: ReadonlyMap<string, string>;

  constructor(parts: readonly ModelPart<SafetensorsHeader>[]) {
    super(parts, "safetensors-invalid");
    this.metadata = parts[0]!.header.metadata;
  }
}
