import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import { DurableFile, type FileDigest } from "../durable-file.ts";
import type { ExportFormat } from "./export-format.ts";

/** Writes rows of a format into a file that has its name when it is complete. */
export interface RowWriter {
  readonly file: string;
  /** @throws BayLingError `sink-unwritable` */
  write(row: object): void;
  /** @throws BayLingError `sink-unwritable` */
  finish(): FileDigest & { readonly rows: number };
  discard(): void;
}

/** A JSON object a line. */
export class JsonLinesWriter implements RowWriter {
  readonly #output: DurableFile;
  #rows = 0;

  constructor(file: string) {
    this.#output = new DurableFile(file);
  }

  get file(): string {
    return this.#output.file;
  }

  write(row: object): void {
    this.#output.write(`${JSON.stringify(row)}\n`);
    this.#rows++;
  }

  finish(): FileDigest & { readonly rows: number } {
    return { ...this.#output.finish(), rows: this.#rows };
  }

  discard(): void {
    this.#output.discard();
  }
}

/** What a row group holds at most: rows, and bytes of text as JSON. Memory is a few times that. */
const groupRows = 20_000;
const groupBytes = 4 << 20;

/** Apache Parquet with Snappy, one row group after the other. */
export class ParquetRowWriter implements RowWriter {
  readonly #output: DurableFile;
  readonly #format: ExportFormat;
  readonly #bytes = new ByteWriter();
  readonly #parquet: ParquetWriter;
  #group: object[] = [];
  #groupBytes = 0;
  #rows = 0;

  constructor(file: string, format: ExportFormat) {
    this.#output = new DurableFile(file);
    this.#format = format;
    const root: SchemaElement = { name: "root", num_children: format.columns.length };
    this.#parquet = new ParquetWriter({
      writer: this.#bytes,
      schema: [root, ...format.columns.flatMap(({ elements }) => elements)],
    });
  }

  get file(): string {
    return this.#output.file;
  }

  write(row: object): void {
    this.#group.push(row);
    this.#groupBytes += JSON.stringify(row).length;
    this.#rows++;
    if (this.#group.length >= groupRows || this.#groupBytes >= groupBytes) this.#writeGroup();
  }

  finish(): FileDigest & { readonly rows: number } {
    if (this.#group.length > 0) this.#writeGroup();
    this.#parquet.finish();
    this.#drain();
    return { ...this.#output.finish(), rows: this.#rows };
  }

  discard(): void {
    this.#output.discard();
  }

  #writeGroup(): void {
    this.#parquet.write({
      columnData: this.#format.columns.map(({ name }) => ({
        name,
        data: this.#group.map((row) => (row as Readonly<Record<string, unknown>>)[name] ?? null),
      })),
      rowGroupSize: this.#group.length,
    });
    this.#group = [];
    this.#groupBytes = 0;
    this.#drain();
  }

  /** Hands on what was written: copied, because the buffer is used again. */
  #drain(): void {
    this.#output.write(this.#bytes.getBytes().slice());
    this.#bytes.index = 0;
  }
}
