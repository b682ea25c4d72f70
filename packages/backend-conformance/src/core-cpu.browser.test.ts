// The same run as `core-cpu.test.ts`, in a browser.
import { cpu, cpuDevice } from "@bayling/core/cpu";
import { describeBackend } from "./describe-backend.ts";
import { describeDevice } from "./describe-device.ts";

describeDevice({ name: "cpu", create: () => cpuDevice() });
describeBackend({ name: "cpu", create: () => cpu() });
