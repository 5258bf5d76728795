import Holidays from "date-holidays";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CALENDAR_COLUMNS } from "../../lib/contract/dimension.js";
import { calendarDays, nationalHolidays } from "../../lib/warehouse/calendar.js";

/** National holidays as the federal government listed them for these years (month-day), written down by hand. */
const LISTED: Readonly<Record<number, readonly string[]>> = {
  2000: ["01-01", "04-21", "05-01", "09-07", "10-12", "11-15", "12-25"],
  2019: ["01-01", "04-19", "04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "12-25"],
  2020: ["01-01", "04-10", "04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "12-25"],
  2021: ["01-01", "04-02", "04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "12-25"],
  2022: ["01-01", "04-15", "04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "12-25"],
  2023: ["01-01", "04-07", "04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "12-25"],
  2024: ["01-01", "03-29", "04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "11-20", "12-25"],
  2025: ["01-01", "04-18", "04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "11-20", "12-25"],
  2026: ["01-01", "04-03", "04-21", "05-01", "09-07", "10-12", "11-02", "11-15", "11-20", "12-25"],
};

describe("national holidays", () => {
  test.each(Object.entries(LISTED))("of %s", (year, days) => {
    expect([...nationalHolidays(Number(year)).keys()]).toEqual(days.map((day) => `${year}-${day}`));
  });

  test("begin with the law that made them", () => {
    const first = (on: string): number | undefined =>
      Array.from({ length: 100 }, (_, i) => 1940 + i).find((year) => nationalHolidays(year).has(`${year}-${on}`));
    expect(first("10-12")).toBe(1980);
    expect(first("11-02")).toBe(2003);
    expect(first("11-20")).toBe(2024);
    expect(nationalHolidays(2023).has("2023-11-20")).toBe(false);
  });

  test("have names; two on one day are both named", () => {
    expect(nationalHolidays(2024).get("2024-11-20")).toBe("Dia Nacional de Zumbi e da Consciência Negra");
    expect(nationalHolidays(2023).get("2023-04-07")).toBe("Paixão de Cristo");
    expect(nationalHolidays(2000).get("2000-04-21")).toBe("Tiradentes; Paixão de Cristo");
  });

  test("move with Easter as another library computes it", () => {
    const others = new Holidays("BR");
    for (let year = 1970; year <= 2100; year++) {
      const friday = others.getHolidays(year).find(({ name }) => name === "Sexta-Feira Santa");
      expect(nationalHolidays(year).get(friday?.date.slice(0, 10) ?? "")).toMatch(/Paixão de Cristo/);
    }
  });

  test("leave out Carnaval, Corpus Christi and elections", () => {
    for (const day of ["2022-03-01", "2022-06-16", "2022-10-02"]) {
      expect(calendarDays(day, day)[0]).toMatchObject({ feriado: false, nome_feriado: null });
    }
  });
});

describe("days", () => {
  test("are told in the columns that a calendar may have, and a key", () => {
    const [day = {}] = calendarDays("2023-01-01", "2023-01-01");
    expect(Object.keys(day)).toEqual(["data_id", ...Object.keys(CALENDAR_COLUMNS)]);
  });

  test("a day has everything that a report groups by", () => {
    expect(calendarDays("2024-12-30", "2024-12-30")).toEqual([
      {
        data_id: 20241230,
        data: "2024-12-30",
        ano: 2024,
        trimestre: 4,
        mes: 12,
        nome_mes: "Dezembro",
        dia: 30,
        dia_semana: 1,
        nome_dia_semana: "Segunda-feira",
        ano_iso: 2025,
        semana_iso: 1,
        fim_de_semana: false,
        feriado: false,
        nome_feriado: null,
      },
    ]);
  });

  test("ISO weeks of the turns of years", () => {
    const week = (day: string): string | undefined =>
      calendarDays(day, day).map(({ ano_iso, semana_iso }) => `${ano_iso}-W${semana_iso}`)[0];
    expect(["2020-12-31", "2021-01-03", "2021-01-04", "2023-01-01", "2016-01-03"].map(week)).toEqual([
      "2020-W53",
      "2020-W53",
      "2021-W1",
      "2022-W52",
      "2015-W53",
    ]);
  });

  test("leap days are days", () => {
    expect(calendarDays("2024-02-28", "2024-03-01").map(({ data_id }) => data_id)).toEqual([
      20240228, 20240229, 20240301,
    ]);
    expect(calendarDays("1899-02-28", "1900-03-01")).toHaveLength(367);
  });

  test("any range is gapless, with weekdays that follow each other", () => {
    const anyDay = fc.date({
      min: new Date("1583-01-01T00:00:00Z"),
      max: new Date("9990-01-01T00:00:00Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(anyDay, fc.nat(900), (start, length) => {
        const first = start.toISOString().slice(0, 10);
        const last = new Date(Date.parse(first) + length * 86_400_000).toISOString().slice(0, 10);
        const days = calendarDays(first, last);
        expect(days).toHaveLength(length + 1);
        days.forEach((day, i) => {
          expect(day.dia_semana).toBe((((days[0]?.dia_semana ?? 0) - 1 + i) % 7) + 1);
          expect(day.semana_iso >= 1 && day.semana_iso <= 53).toBe(true);
        });
      }),
      { numRuns: 30 },
    );
  });

  test("no day where the last lies before the first; what is no day is refused", () => {
    expect(calendarDays("2024-01-02", "2024-01-01")).toEqual([]);
    for (const wrong of ["2023-02-29", "2024-13-01", "24-01-01", "2024-01-01T00:00:00Z", "1500-01-01"]) {
      expect(() => calendarDays(wrong, "2024-01-01")).toThrow(RangeError);
    }
  });

  test("a century is quick", () => {
    const start = process.cpuUsage();
    expect(calendarDays("1950-01-01", "2049-12-31")).toHaveLength(36_525);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(1_000);
  });
});
