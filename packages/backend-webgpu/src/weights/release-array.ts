let closedPort: MessagePort | undefined;

/**
 * Gives the memory of an array back at once; the array is empty afterwards. Collectors of garbage know little of memory
 * outside their heap: V8 lets 40 to 60 MB of array buffers pile up, which is more than all that an upload needs.
 * An array that is a view of something longer is left alone.
 */
export function releaseArray({ buffer, byteLength }: Uint8Array<ArrayBuffer>): void {
  if (byteLength !== buffer.byteLength) return;
  if ("transfer" in buffer) {
    (buffer as { transfer(byteLength: number): ArrayBuffer }).transfer(0); // ES2024
    return;
  }
  // What is transferred to nobody is gone.
  if (closedPort === undefined) {
    const { port1, port2 } = new MessageChannel();
    port1.close();
    closedPort = port2;
  }
  closedPort.postMessage(undefined, [buffer]);
}
