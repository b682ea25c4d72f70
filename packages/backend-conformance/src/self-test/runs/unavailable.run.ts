import { describeBackend } from "../../describe-backend.ts";
import { faultyBackend } from "../faulty-backend.ts";

describeBackend({
  name: "unavailable",
  hardware: "warp-drive",
  create: () => ({
    ...faultyBackend(),
    probe: async () => ({ available: false, reason: "there is no warp drive here" }),
  }),
});
