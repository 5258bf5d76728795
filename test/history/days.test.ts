import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeError } from "../../lib/errors.js";
import { openDays } from "../../lib/history/days.js";

const lake = { timeZone: "America/Sao_Paulo" };

beforeEach(() => {
  process.env["TSLAKE_NOW"] = "2023-03-10T02:30:00Z";
});
afterEach(() => {
  delete process.env["TSLAKE_NOW"];
});

describe("the days that a run can close", () => {
  test("end yesterday in the lake's time zone, where it is still the 9th", () => {
    expect(openDays(lake, null, { date: null, from: null })).toEqual({ first: null, last: "2023-03-08", open: true });
    expect(openDays({ timeZone: "UTC" }, null, { date: null, from: null }).last).toBe("2023-03-09");
  });
  test("begin after the last closed one, across the end of a leap February", () => {
    expect(openDays(lake, "2020-02-28", { date: "2020-03-01", from: null })).toEqual({
      first: "2020-02-29",
      last: "2020-03-01",
      open: true,
    });
  });
  test("are none when the run's day is closed already", () => {
    expect(openDays(lake, "2023-03-05", { date: "2023-03-05", from: null }).open).toBe(false);
  });
  test("may be named on the first run, and later only as what they are", () => {
    expect(openDays(lake, null, { date: "2023-03-01", from: "2023-02-01" }).first).toBe("2023-02-01");
    expect(openDays(lake, "2023-01-31", { date: "2023-03-01", from: "2023-02-01" }).first).toBe("2023-02-01");
  });

  const refusal = (closed: string | null, date: string, from: string | null): string => {
    try {
      openDays(lake, closed, { date, from });
    } catch (error) {
      return describeError(error);
    }
    return "not refused";
  };
  test.each([
    ["today", null, "2023-03-09", null, "2023-03-09 is not over yet"],
    ["no day of the calendar", null, "2023-02-29", null, "not a day: 2023-02-29"],
    ["reopened days", "2023-01-31", "2023-03-01", "2023-01-15", "expected: --from 2023-02-01, or none"],
    ["skipped days", "2023-01-31", "2023-03-01", "2023-02-02", "history is closed through 2023-01-31"],
    ["an empty range", null, "2023-03-01", "2023-03-02", "the first day lies after the last"],
  ])("refuse %s", (_, closed, date, from, message) => {
    expect(refusal(closed, date, from)).toContain(message);
  });
});
