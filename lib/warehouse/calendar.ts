import { isDay } from "../clock.js";

/**
 * The days of `dim_data`: a calendar with Portuguese names and Brazil's national holidays, computed from nothing but the
 * day itself, so that it is the same in every warehouse.
 */

/** One day of the calendar, under the column names of `dim_data`. */
export interface CalendarDay {
  /** The day as `YYYYMMDD`: the key of its row. */
  readonly data_id: number;
  /** ISO day, `YYYY-MM-DD`. */
  readonly data: string;
  readonly ano: number;
  /** 1 to 4. */
  readonly trimestre: number;
  /** 1 to 12. */
  readonly mes: number;
  readonly nome_mes: string;
  /** Day of the month, from 1. */
  readonly dia: number;
  /** ISO 8601: 1 is Monday, 7 is Sunday. */
  readonly dia_semana: number;
  readonly nome_dia_semana: string;
  /** Year to which the ISO week belongs; it differs from `ano` around New Year. */
  readonly ano_iso: number;
  /** ISO 8601 week, 1 to 53. */
  readonly semana_iso: number;
  /** Saturday or Sunday. */
  readonly fim_de_semana: boolean;
  readonly feriado: boolean;
  /** Name of the national holiday; two that fall on one day are joined by `; `. */
  readonly nome_feriado: string | null;
}

/**
 * Every day from `first` to `last`, both ISO days and both included; none where `last` lies before `first`.
 *
 * @throws {RangeError} when one is no day of the Gregorian calendar in the years 1583 to 9999
 */
export function calendarDays(first: string, last: string): CalendarDay[] {
  const end = dayNumber(last);
  const days: CalendarDay[] = [];
  let holidays: ReadonlyMap<string, string> = new Map();
  let year = 0;
  for (let day = dayNumber(first); day <= end; day++) {
    const date = new Date(day * DAY);
    if (date.getUTCFullYear() !== year) {
      year = date.getUTCFullYear();
      holidays = nationalHolidays(year);
    }
    days.push(calendarDay(date, holidays));
  }
  return days;
}

/**
 * Brazil's national holidays in a year: ISO day → name, in order of the days.
 *
 * They are those of federal law, each from the first year in which it applied: Lei 662/1949, Lei 1.266/1950 (Tiradentes),
 * Lei 6.802/1980 (12 October), Lei 10.607/2002 (2 November) and Lei 14.759/2023 (20 November). The Friday before Easter is
 * declared by municipalities (Lei 9.093/1995) but in all of them, and stands among the national holidays in the federal
 * government's yearly list, as it does here. Carnaval, Corpus Christi and election days are not in that list. Before 1950
 * only what those laws found in force is known.
 */
export function nationalHolidays(year: number): ReadonlyMap<string, string> {
  const pairs = FIXED.filter(({ since }) => year >= since).map(({ on, name }) => ({
    day: `${isoYear(year)}-${on}`,
    name,
  }));
  pairs.push({ day: isoDay(easter(year) - 2), name: "Paixão de Cristo" });
  pairs.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  const holidays = new Map<string, string>();
  for (const { day, name } of pairs) {
    const other = holidays.get(day);
    holidays.set(day, other === undefined ? name : `${other}; ${name}`);
  }
  return holidays;
}

const DAY = 86_400_000;

const MONTHS = [
  "Janeiro",
  "Fevereiro",
  "Março",
  "Abril",
  "Maio",
  "Junho",
  "Julho",
  "Agosto",
  "Setembro",
  "Outubro",
  "Novembro",
  "Dezembro",
] as const;

const WEEKDAYS = [
  "Segunda-feira",
  "Terça-feira",
  "Quarta-feira",
  "Quinta-feira",
  "Sexta-feira",
  "Sábado",
  "Domingo",
] as const;

const FIXED: readonly { readonly on: string; readonly name: string; readonly since: number }[] = [
  { on: "01-01", name: "Confraternização Universal", since: 0 },
  { on: "04-21", name: "Tiradentes", since: 1951 },
  { on: "05-01", name: "Dia do Trabalho", since: 0 },
  { on: "09-07", name: "Independência do Brasil", since: 0 },
  { on: "10-12", name: "Nossa Senhora Aparecida", since: 1980 },
  { on: "11-02", name: "Finados", since: 2003 },
  { on: "11-15", name: "Proclamação da República", since: 0 },
  { on: "11-20", name: "Dia Nacional de Zumbi e da Consciência Negra", since: 2024 },
  { on: "12-25", name: "Natal", since: 0 },
];

function calendarDay(date: Date, holidays: ReadonlyMap<string, string>): CalendarDay {
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  const weekday = (date.getUTCDay() + 6) % 7;
  const iso = date.toISOString().slice(0, 10);
  const holiday = holidays.get(iso) ?? null;
  return {
    data_id: year * 10_000 + (month + 1) * 100 + date.getUTCDate(),
    data: iso,
    ano: year,
    trimestre: Math.floor(month / 3) + 1,
    mes: month + 1,
    nome_mes: MONTHS[month] ?? "",
    dia: date.getUTCDate(),
    dia_semana: weekday + 1,
    nome_dia_semana: WEEKDAYS[weekday] ?? "",
    ...isoWeek(date, weekday),
    fim_de_semana: weekday >= 5,
    feriado: holiday !== null,
    nome_feriado: holiday,
  };
}

/** An ISO week belongs to the year that holds its Thursday. */
function isoWeek(date: Date, weekday: number): { readonly ano_iso: number; readonly semana_iso: number } {
  const thursday = date.getTime() + (3 - weekday) * DAY;
  const year = new Date(thursday).getUTCFullYear();
  return { ano_iso: year, semana_iso: Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY)) + 1 };
}

/** Easter Sunday as days since 1970-01-01: the anonymous Gregorian computus (Meeus, Astronomical Algorithms, ch. 8). */
function easter(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return Date.UTC(year, Math.floor(n / 31) - 1, (n % 31) + 1) / DAY;
}

function dayNumber(day: string): number {
  if (!isDay(day) || day < "1583") throw new RangeError(`not a day of the calendar: ${day}`);
  return Date.parse(`${day}T00:00:00Z`) / DAY;
}

function isoDay(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

function isoYear(year: number): string {
  return String(year).padStart(4, "0");
}
