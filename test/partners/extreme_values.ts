/** Values as text. */
export type Row = readonly (string | null)[];
type Column = readonly (string | null)[];

/** Values at the edges of every type, as text: one list per column, one place per row. */
export const EXTREMES = {
  id: ["1", "2", "3", "4", "5", "6"],
  flag: [null, "true", "false", "true", "false", null],
  tiny: [null, "127", "-128", "0", "-1", "1"],
  small: [null, "32767", "-32768", "0", "-1", "1"],
  whole: [null, "2147483647", "-2147483648", "0", "-1", "1"],
  large: [null, "9223372036854775807", "-9223372036854775808", "9007199254740993", "-9007199254740993", "0"],
  single: [null, "3.4028234663852886e38", "-0", "NaN", "-Infinity", "1.1754943508222875e-38"],
  real: [null, "1.7976931348623157e308", "-0", "NaN", "Infinity", "5e-324"],
  money: [null, "9999999999999999.99", "-9999999999999999.99", "0.00", "-0.01", "0.10"],
  share: [null, "999.999999", "-0.000001", "0.000000", "0.125000", "1.000000"],
  wide: [null, "9".repeat(38), `-${"9".repeat(38)}`, "0", "-1", "1"],
  fine: [null, `9.${"9".repeat(37)}`, `-0.${"0".repeat(36)}1`, ...["0.", "1.", "0.1"].map((d) => d.padEnd(39, "0"))],
  name: [null, 'São José 🏺 "quoted" \\ / % = , \n\t', "", "e\u0301 is not \u00e9", " \u00a0 ", "null"],
  bytes: [null, "c3bf01", "", "61", "62", "63"],
  day: [null, "9999-12-31", "1600-02-29", "1970-01-01", "2024-02-29", "1969-12-31"],
  moment: [
    null,
    "9999-12-31T23:59:59.999999Z",
    "1600-01-01T00:00:00.000001Z",
    "1970-01-01T00:00:00Z",
    "2024-02-29T12:34:56.789Z",
    "1969-12-31T23:59:59.999999Z",
  ],
  wall_clock: [
    null,
    "9999-12-31 23:59:59.999999",
    "1600-01-01 00:00:00.000001",
    "1969-12-31 23:59:59.999999",
    "2024-03-10 02:30:00",
    "2000-01-01 00:00:00.12",
  ],
} satisfies Readonly<Record<string, Column>>;

/** Values that are written into the log and into the names of folders. */
export const PARTITIONS = {
  id: ["1", "2", "3", "4", "5"],
  flag: [null, "true", "false", "false", null],
  whole: [null, "-1", "0", "2147483647", null],
  large: [null, "9007199254740993", "-9223372036854775808", "0", null],
  real: [null, "0.1", "-0", "NaN", null],
  money: [null, "1234.50", "-0.01", "0.00", null],
  name: [null, "a/b=c %41é🏺", "..", " \"'\\:*?#[]{} ", ""],
  day: [null, "2024-02-29", "1600-01-01", "9999-12-31", null],
  moment: [null, "2024-02-29T12:34:56.789Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", null],
  wall_clock: [null, "2024-03-10 02:30:00", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", null],
} satisfies Readonly<Record<string, Column>>;

/** The rows of such columns, by name. */
export function recordsOf<C extends string>(
  columns: Readonly<Record<C, Column>>,
): Readonly<Record<C, string | null>>[] {
  const names = Object.keys(columns) as C[];
  const [first] = Object.values<Column>(columns);
  return (first ?? []).map(
    (_, row) => Object.fromEntries(names.map((name) => [name, columns[name][row] ?? null])) as Record<C, string | null>,
  );
}

/** The rows of such columns, in their order. */
export function rowsOf(columns: Readonly<Record<string, Column>>): Row[] {
  return recordsOf(columns).map((record) => Object.values(record));
}
