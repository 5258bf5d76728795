import { csvBytes, gzipped, ndjsonBytes, parquetBytes } from "./formats.mjs";
import { journeyOf } from "./journey.mjs";

/** @typedef {import("./random.mjs").Random} Random */
/** @typedef {import("./formats.mjs").Column} Column */
/** @typedef {import("./formats.mjs").TextRow} TextRow */
/** @typedef {"purchase" | "product_item" | "purchase_extra_info"} Table */
/** @typedef {{ readonly table: Table, readonly at: number, readonly values: TextRow }} Event `at`: seconds since 2023-01-01. */
/** @typedef {"csv" | "csv.gz" | "ndjson" | "ndjson.gz" | "parquet"} Format */

const DAY = 86_400;
const DAYS = 181;

/**
 * Six months of change events of a fictional marketplace, 2023-01-01 to 2023-06-30, a file per table and month.
 * @param {Random} random
 * @returns {ReadonlyMap<string, Uint8Array>} By path under landing.
 */
export function marketplaceFiles(random) {
  const events = [];
  let id = 100_000;
  for (let day = 0; day < DAYS; day++) {
    const ordersToday = ordersOf(random, day);
    for (let order = 0; order < ordersToday; order++) {
      id += random.between(1, 3);
      const second = random.weighted(HOURS) * 3_600 + random.between(0, 3_599);
      events.push(...journeyOf(random, String(id), day, day * DAY + second));
    }
  }
  const known = events.filter((event) => event.at < DAYS * DAY);
  const files = new Map();
  for (const table of /** @type {const} */ (["purchase", "product_item", "purchase_extra_info"])) {
    const deliveries = deliveriesOf(
      random,
      known.filter((event) => event.table === table),
    );
    for (const [name, rows] of deliveries) {
      const format = FORMATS[table][name];
      files.set(`${table}/${table}_${name}.${format}`, bytesOf(table, format, rows));
    }
  }
  return files;
}

/** @type {Readonly<Record<Table, readonly Column[]>>} */
const COLUMNS = {
  purchase: [
    { name: "transaction_datetime", kind: "timestamp" },
    { name: "transaction_date", kind: "date" },
    { name: "purchase_id", kind: "long" },
    { name: "buyer_id", kind: "long" },
    { name: "prod_item_id", kind: "long" },
    { name: "order_date", kind: "date" },
    { name: "release_date", kind: "date" },
    { name: "producer_id", kind: "long" },
  ],
  product_item: [
    { name: "transaction_datetime", kind: "timestamp" },
    { name: "transaction_date", kind: "date" },
    { name: "purchase_id", kind: "long" },
    { name: "product_id", kind: "long" },
    { name: "item_quantity", kind: "long" },
    { name: "purchase_value", kind: "decimal" },
  ],
  purchase_extra_info: [
    { name: "transaction_datetime", kind: "timestamp" },
    { name: "transaction_date", kind: "date" },
    { name: "purchase_id", kind: "long" },
    { name: "subsidiary", kind: "text" },
  ],
};

/** The systems that deliver the events changed over the months. @type {Readonly<Record<Table, Readonly<Record<string, Format>>>>} */
const FORMATS = {
  purchase: {
    "2023_01": "csv",
    "2023_02": "csv",
    "2023_03": "csv.gz",
    "2023_04": "ndjson.gz",
    "2023_05": "parquet",
    "2023_06": "parquet",
    late: "csv",
  },
  product_item: {
    "2023_01": "csv",
    "2023_02": "csv",
    "2023_03": "csv.gz",
    "2023_04": "ndjson",
    "2023_05": "parquet",
    "2023_06": "parquet",
    late: "csv",
  },
  purchase_extra_info: {
    "2023_01": "csv",
    "2023_02": "csv",
    "2023_03": "csv.gz",
    "2023_04": "csv",
    "2023_05": "csv",
    "2023_06": "ndjson",
    late: "csv",
  },
};

/** @type {readonly (readonly [number, number])[]} */
const HOURS = [3, 2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 10, 9, 9, 9, 10, 11, 13, 15, 16, 12, 6].map((weight, hour) => [
  hour,
  weight,
]);

/** Orders by weekday, Sunday first. */
const WEEKDAYS = [1.35, 0.8, 0.85, 0.9, 0.95, 1.1, 1.4];

/** Days of much more (or less) business, by day of the year from 0. @type {Readonly<Record<number, number>>} */
const SPECIAL_DAYS = {
  0: 0.5, // New Year
  50: 0.5, // Carnival
  51: 0.5,
  72: 2.2,
  73: 8.5, // Dia do Consumidor, 15 March
  74: 3.1,
  75: 1.5,
  96: 0.7, // Good Friday
  130: 1.6,
  131: 2.0,
  132: 2.2,
  133: 1.8, // Mother's Day, 14 May
  160: 1.5,
  161: 1.9,
  162: 2.1, // Dia dos Namorados, 12 June
};

/**
 * The number of orders of a day: a slow growth, the week, pay day, special days and chance.
 * @param {Random} random
 * @param {number} day From 0.
 */
function ordersOf(random, day) {
  const growth = 17 + day * 0.09;
  const dayOfMonth = new Date(Date.UTC(2023, 0, 1 + day)).getUTCDate();
  const payDay = dayOfMonth >= 5 && dayOfMonth <= 8 ? 1.2 : 1;
  const expected = growth * WEEKDAYS[day % 7] * payDay * (SPECIAL_DAYS[day] ?? 1);
  return Math.floor((expected * random.between(85, 115)) / 100 + 0.5);
}

/**
 * The events of a table as they are delivered: a file per month, its events roughly in their order; some are delivered
 * again in the next month's file, and some events of the first five months come months late, in a file of their own.
 * @param {Random} random
 * @param {readonly Event[]} events
 * @returns {ReadonlyMap<string, readonly Event[]>}
 */
function deliveriesOf(random, events) {
  /** @type {Map<string, { event: Event, position: number }[]>} */
  const files = new Map();
  const put = (/** @type {string} */ name, /** @type {Event} */ event) => {
    const file = files.get(name) ?? [];
    file.push({ event, position: event.at + random.between(0, 6 * 3_600) });
    files.set(name, file);
  };
  for (const event of events) {
    const month = new Date(Date.UTC(2023, 0, 1) + event.at * 1_000).getUTCMonth() + 1;
    put(month < 6 && random.chance(0.015) ? "late" : `2023_0${month}`, event);
    if (month < 6 && random.chance(0.012)) put(`2023_0${month + 1}`, event);
  }
  return new Map(
    [...files].map(([name, file]) => [name, file.sort((a, b) => a.position - b.position).map(({ event }) => event)]),
  );
}

/**
 * @param {Table} table
 * @param {Format} format
 * @param {readonly Event[]} events
 */
function bytesOf(table, format, events) {
  const columns = COLUMNS[table];
  const rows = events.map(({ at, values }) => {
    const moment = new Date(Date.UTC(2023, 0, 1) + at * 1_000).toISOString();
    const transaction = {
      transaction_datetime: moment.slice(0, 19).replace("T", " "),
      transaction_date: moment.slice(0, 10),
    };
    return /** @type {TextRow} */ ({ ...transaction, ...values });
  });
  const names = columns.map((column) => column.name);
  const csv = () =>
    csvBytes(
      names,
      rows.map((row) => names.map((name) => row[name])),
    );
  switch (format) {
    case "csv":
      return csv();
    case "csv.gz":
      return gzipped(csv());
    case "ndjson":
      return ndjsonBytes(columns, rows);
    case "ndjson.gz":
      return gzipped(ndjsonBytes(columns, rows));
    case "parquet":
      return parquetBytes(columns, rows);
  }
}
