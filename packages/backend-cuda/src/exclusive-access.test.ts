import { expect, it } from "vitest";
import { ExclusiveAccess } from "./exclusive-access.ts";

const later = () => new Promise((resolve) => setTimeout(resolve, 2));

it("runs one work after the other, and what is posted between them", async () => {
  const access = new ExclusiveAccess();
  const seen: string[] = [];
  access.post(() => seen.push("posted before"));
  const works = ["a", "b", "c"].map((name) =>
    access.run(async () => {
      seen.push(`begin ${name}`);
      await later();
      seen.push(`end ${name}`);
      if (name === "b") throw new Error("b failed");
      return name;
    }),
  );
  await later();
  access.post(() => seen.push("posted"));
  expect((await Promise.allSettled(works)).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  access.post(() => seen.push("posted after"));
  const at = seen.indexOf("posted");
  expect(seen[at - 1]).toMatch(/^end/);
  expect(seen.filter((_, index) => index !== at)).toEqual([
    ...["posted before", "begin a", "end a", "begin b", "end b", "begin c", "end c", "posted after"],
  ]);
});
