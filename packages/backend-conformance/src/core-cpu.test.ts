// The CPU backend's conformance run lies here and not in core: core cannot depend on a package that depends on it.
import { cpu, cpuDevice } from "@bayling/core/cpu";
import { describeBackend } from "./describe-backend.ts";
import { describeDevice } from "./describe-device.ts";

describeDevice({ name: "cpu", create: () => cpuDevice() });
describeBackend({ name: "cpu", create: () => cpu() });
