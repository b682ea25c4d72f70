import { describeBackend } from "@bayling/backend-conformance";
import { smallestBackend } from "./smallest-backend.ts";

describeBackend({
  name: "smallest",
  create: () => smallestBackend(),
});
