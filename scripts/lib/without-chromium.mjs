// Set up before each test of a browser when there is no browser: the file fails, and says why.
import { chromiumMissing } from "./chromium.mjs";

throw new Error(chromiumMissing);
