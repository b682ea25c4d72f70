import { Gpu, GpuProvider } from "../device/gpu.ts";
import { DeviceLog } from "./device-log.ts";
import { LosableDevice } from "./losable-device.ts";

/** Gives a backend devices that can be lost, all on top of one, and sees what becomes of their buffers. */
export class LosableGpus {
  readonly provider: GpuProvider;
  readonly devices: LosableDevice[] = [];
  readonly #logs: DeviceLog[] = [];

  /** @param prepare called with each device before it is used, for instance to lose it after some calls */
  constructor(
    real: GPUDevice,
    kernels: Map<string, Promise<GPUComputePipeline>>,
    prepare: (device: LosableDevice, index: number) => void,
  ) {
    this.provider = new GpuProvider({}, () => {
      const index = this.devices.length;
      const device = new LosableDevice(real, kernels, index % 2 === 0 ? 0 : 5);
      this.devices.push(device);
      this.#logs.push(new DeviceLog(device.asDevice));
      prepare(device, index);
      return Gpu.open({ device: device.asDevice });
    });
  }

  get current(): LosableDevice {
    return this.devices.at(-1)!;
  }

  /** Buffers that nobody destroyed, of all devices. */
  get aliveBuffers(): number {
    return this.#logs.reduce((sum, { buffers }) => sum + buffers.size, 0);
  }

  /** For each device the bytes of the KV cache at its largest. */
  get cacheSizes(): number[] {
    return this.#logs.map((log) => log.largest("keys"));
  }

  get foreignBuffers(): number {
    return this.devices.reduce((sum, { foreignBuffers }) => sum + foreignBuffers, 0);
  }
}
