import { describe, expect, it } from "vitest";
import type { CaseOutcome } from "./conformance-case.ts";
import { renderSupportTable } from "./support-table.ts";

const outcomes: CaseOutcome[] = [
  { name: "linear/Q4_K", weightType: "Q4_K", status: "passed", nmse: 2.4e-13 },
  { name: "linear/odd shapes", status: "passed", nmse: 1e-15 },
  { name: "linear/long sums", status: "failed", nmse: 0.25 },
  { name: "fork/of a fork", status: "skipped", reason: "declares no fork" },
  { name: "fork/of an empty sequence", status: "skipped", reason: "declares no fork" },
  { name: "dispose/a sequence twice", status: "passed" },
  { name: "dispose/and load again, many times", status: "skipped", reason: "slow" },
];

const rendered = `| what | one |
| --- | --- |
| linear · Q4_K | ✅ 2e-13 |
| linear | ❌ 3e-1 |
| fork | – |
| dispose | ✅ |
`;

describe("renderSupportTable", () => {
  it("gives a row the worst of its cases", () => {
    expect(renderSupportTable([{ name: "one", outcomes }])).toBe(rendered);
  });

  it("keeps the text around a table", () => {
    const page = `# Support\n\nMade by tests.\n\n${rendered}\nThe end.\n`;
    expect(renderSupportTable([{ name: "one", outcomes }], page)).toBe(page);
    const first = renderSupportTable([{ name: "one", outcomes }], "# Support\n");
    expect(first).toBe(`# Support\n\n${rendered}`);
    expect(renderSupportTable([{ name: "one", outcomes }], first)).toBe(first);
  });

  it("keeps the columns of a table that is there, and renews its own", () => {
    const both = renderSupportTable(
      [{ name: "two", outcomes: [{ name: "masks/everything", status: "passed" }] }],
      rendered,
    );
    expect(both).toContain("| what | one | two |\n");
    expect(both).toContain("| masks |  | ✅ |\n");
    expect(both).toContain("| fork | – |  |\n");
    const renewed = renderSupportTable(
      [{ name: "one", outcomes: [{ name: "fork/of a fork", status: "passed" }] }],
      both,
    );
    expect(renewed).toContain("| fork | ✅ |  |\n");
    expect(renewed).toContain("| masks |  | ✅ |\n");
    expect(renewed.split("\n")).toHaveLength(both.split("\n").length);
  });
});
