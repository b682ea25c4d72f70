import { expect, test } from "vitest";
import { formatBytes, formatCount, formatSeconds, median, plural, threeDigits } from "./numbers.ts";

test("bytes come in units of 1000, with three digits", () => {
  expect([0, 999, 1000, 1234, 99_950, 999_499, 999_500, 1_054_336, 4_368_438_272].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.00 kB",
    "1.23 kB",
    "100 kB",
    "999 kB",
    "1.00 MB",
    "1.05 MB",
    "4.37 GB",
  ]);
});

test("counts are said as people say parameters", () => {
  expect([512, 260_032, 6_738_415_616, 70e9].map(formatCount)).toEqual(["512", "260 K", "6.74 B", "70.0 B"]);
});

test("times are never 60 seconds or 1000 milliseconds", () => {
  expect([0, 0.000_012_3, 0.0123, 0.9994, 0.9996, 1, 59.94, 59.96, 75].map(formatSeconds)).toEqual([
    "0 ms",
    "0.0123 ms",
    "12.3 ms",
    "999 ms",
    "1.00 s",
    "1.00 s",
    "59.9 s",
    "1 min 0 s",
    "1 min 15 s",
  ]);
});

test("three digits are shown, and never an exponent", () => {
  expect([1234.5, 123.4, 0.001, 1e-9, -12.34].map(threeDigits)).toEqual([
    "1235",
    "123",
    "0.00100",
    "0.000000",
    "-12.3",
  ]);
});

test("one is singular", () => {
  expect([plural(1, "token"), plural(0, "token"), plural(2, "token")]).toEqual(["1 token", "0 tokens", "2 tokens"]);
});

test("the median is the middle, whatever the order", () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 2.5, 7]);
});
