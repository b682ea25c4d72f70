import { describeBackend, describeDevice } from "@bayling/backend-conformance";
import { createGraphBackend } from "@bayling/core/backend";
import { smallestDevice } from "./smallest-device.ts";

const { weightTypes } = smallestDevice();

describeDevice({ name: "smallest-device", create: () => smallestDevice() });
describeBackend({ name: "smallest-device", create: () => createGraphBackend(smallestDevice()), weightTypes });
