/**
 * Squares 256 numbers on a GPU: the least that shows that an adapter computes and that its results come back.
 * @param {GPU} gpu
 * @returns {Promise<{ adapter: string, squares: number[] } | undefined>} `undefined` when there is no adapter.
 */
export async function squareOnGpu(gpu) {
  const adapter = await gpu.requestAdapter();
  if (adapter === null) return undefined;
  const device = await adapter.requestDevice();
  try {
    const numbers = Float32Array.from({ length: 256 }, (_, index) => index - 128);
    // Numbers, because Node has no GPUBufferUsage: STORAGE | COPY_DST | COPY_SRC, and MAP_READ | COPY_DST.
    const storage = device.createBuffer({ size: numbers.byteLength, usage: 0x80 | 0x08 | 0x04 });
    const readBack = device.createBuffer({ size: numbers.byteLength, usage: 0x01 | 0x08 });
    device.queue.writeBuffer(storage, 0, numbers);
    const code = `
      @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        numbers[id.x] *= numbers[id.x];
      }`;
    const pipeline = device.createComputePipeline({
      layout: "auto",
      compute: { module: device.createShaderModule({ code }) },
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [{ binding: 0, resource: { buffer: storage } }],
      }),
    );
    pass.dispatchWorkgroups(numbers.length / 64);
    pass.end();
    encoder.copyBufferToBuffer(storage, 0, readBack, 0, numbers.byteLength);
    device.queue.submit([encoder.finish()]);
    await readBack.mapAsync(1);
    const { vendor, architecture } = adapter.info;
    return { adapter: `${vendor} ${architecture}`, squares: [...new Float32Array(readBack.getMappedRange())] };
  } finally {
    device.destroy();
  }
}

/** What {@link squareOnGpu} must give. */
export const squares = Array.from({ length: 256 }, (_, index) => (index - 128) ** 2);
