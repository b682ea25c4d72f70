import { describeBackend } from "../../describe-backend.ts";
import { faultyBackend } from "../faulty-backend.ts";

const weightTypes = ["F32", "Q8_0"] as const;

describeBackend({
  name: "faulty",
  create: () => faultyBackend("ignores masks", weightTypes),
  weightTypes,
  skip: { core: "not what this run is about", "families/llama": "neither", "no such": "case" },
});
