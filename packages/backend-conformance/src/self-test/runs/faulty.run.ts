import { describeBackend } from "../../describe-backend.ts";
import { faultyBackend } from "../faulty-backend.ts";

const weightTypes = ["F32", "Q8_0"] as const;

/** Groups that have nothing to do with masks: this run is about reporting. */
const groups = "families shapes prefill repeatability batch truncate fork limits abort ownership dispose core".split(
  " ",
);

describeBackend({
  name: "faulty",
  create: () => faultyBackend("ignores masks", weightTypes),
  weightTypes,
  skip: {
    ...Object.fromEntries([...groups, "device sampling"].map((group) => [group, "not what this run is about"])),
    "want/top 1": "neither",
    "no such": "case",
  },
});
