/**
 * What kernels know about the rows of a batch, kept on the GPU so that a drawn token becomes the next input without a
 * round trip. Row r of the batch is element r of `rows`.
 */
export const rowStruct: string = `
struct Row {
  token: u32,     // the token of this row
  position: u32,  // its position in its sequence
  pages: u32,     // where the page table of its sequence begins in \`pageTable\`
  drawn: u32,     // tokens drawn for this row since the run began
}`;

/** Bytes of one `Row`. */
export const rowBytes = 16;

/** Positions of a page of the KV cache. */
export const pageSize = 16;
