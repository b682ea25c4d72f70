import { describeBackend } from "../../describe-backend.ts";
import { faultyBackend } from "../faulty-backend.ts";

describeBackend({
  name: "throwing",
  create: () => ({ ...faultyBackend(), probe: () => Promise.reject(new Error("no driver")) }),
});
