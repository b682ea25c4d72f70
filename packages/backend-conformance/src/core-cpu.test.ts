import { cpu } from "@bayling/core/cpu";
import { describeBackend } from "./describe-backend.ts";

describeBackend({ name: "cpu", create: () => cpu() });
