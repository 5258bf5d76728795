#!/usr/bin/env node
/**
 * Makes the benchmark's data, the same for the same scale:
 *
 *     node bench/generate.js --workdir DIR [--scale 1]
 *
 * DIR/data/events/*.parquet: change feeds of 5,000,000 x scale purchases of one year. Each purchase has 1 to 8 events in
 * each table; a fifth of them comes up to 60 days after the order. DIR/data/sales/*.csv: 5,000,000 x scale sales in 8
 * files, a sixth of them exact repetitions. DIR/data/sales_seed/*.csv: 102 sales in 4 files. DIR/data/base10m/*.parquet:
 * 10,000,000 x scale rows in ten files, sorted by their even keys; DIR/data/append100.parquet: 100 rows of the same kind;
 * DIR/data/meta.json: a key that is there.
 */

const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");

const PURCHASES = 5_000_000;
const SALES = 5_000_000;
const BASE = 10_000_000;
const YEAR = 365 * 86_400;
/** 2023-01-01 in days and in microseconds since the epoch. */
const FIRST_DAY = 19_358;
const FIRST_MICROS = FIRST_DAY * 86_400 * 1e6;
/** Written as null. */
const UNKNOWN = -1;

const { values } = parseArgs({ options: { workdir: { type: "string" }, scale: { type: "string", default: "1" } } });
const scale = Number(values.scale);
const data = path.join(values.workdir ?? ".", "data");

setImmediate(() => {
  make("events", (folder) => writeEvents(folder, Math.round(PURCHASES * scale)));
  make("sales", (folder) => writeSales(folder, Array(8).fill(Math.round((SALES * scale) / 8))));
  make("base10m", (folder) => writeBase(folder, Math.round(BASE * scale)));
  make("sales_seed", (folder) => writeSales(folder, [78, 6, 8, 10]));
});

/** A folder appears whole, and is kept when it is there. */
function make(name, fill) {
  const folder = path.join(data, name);
  if (fs.existsSync(folder)) return;
  const making = `${folder}.making`;
  fs.rmSync(making, { recursive: true, force: true });
  fs.mkdirSync(making, { recursive: true });
  fill(making);
  fs.renameSync(making, folder);
}

function writeEvents(folder, purchases) {
  const random = generator(1);
  const ordered = Float64Array.from({ length: purchases }, () => Math.floor(random() * YEAR));
  const product = Float64Array.from({ length: purchases }, () => 1 + Math.floor(random() * (purchases / 50 + 1)));
  const paid = Float64Array.from({ length: purchases }, () => (random() < 0.9 ? 1 : 0));
  const day = (of) => FIRST_DAY + Math.floor(ordered[of] / 86_400);
  const whole = () => Math.floor(random() * 1e6);
  const tables = {
    purchase: {
      absent: 0,
      columns: {
        buyer_id: { type: "long", of: (i) => 1 + ((i * 7_919) % (purchases / 5 + 1)) },
        prod_item_id: { type: "long", of: (i) => product[i] },
        order_date: { type: "date", of: day },
        release_date: { type: "date", of: (i) => (paid[i] ? day(i) + (whole() % 4) : UNKNOWN) },
        producer_id: { type: "long", of: (i) => (product[i] % 1000) + 1 },
      },
    },
    product_item: {
      absent: 0.01,
      columns: {
        product_id: { type: "long", of: (i) => product[i] },
        item_quantity: { type: "long", of: () => 1 + (whole() % 9) },
        purchase_value: { type: "cents", of: () => 500 + (whole() % 499_500) },
      },
    },
    purchase_extra_info: {
      absent: 0.02,
      columns: { subsidiary: { type: ["nacional", "internacional"], of: () => whole() % 2 } },
    },
  };
  for (const [name, { absent, columns }] of Object.entries(tables)) {
    const events = shuffled(eventsOf(purchases, absent, random), random);
    const moments = Float64Array.from(events, (event) => FIRST_MICROS + momentOf(event, ordered, random) * 1e6);
    const frame = {
      transaction_datetime: { type: "timestamp", values: moments },
      transaction_date: { type: "date", values: moments.map((micros) => Math.floor(micros / 86_400e6)) },
      purchase_id: { type: "long", values: Float64Array.from(events, (event) => 1 + Math.floor(event / 8)) },
    };
    for (const [column, { type, of }] of Object.entries(columns)) {
      frame[column] = { type, values: Float64Array.from(events, (event) => of(Math.floor(event / 8))) };
    }
    writeParquet(path.join(folder, `${name}.parquet`), frame);
  }
}

function writeBase(folder, rows) {
  const random = generator(3);
  const below = (limit) => Math.floor(random() * limit);
  const frame = (keys) => ({
    key: { type: "long", values: keys },
    ts: { type: "timestamp", values: keys.map(() => FIRST_MICROS + below(YEAR) * 1e6) },
    v_int: { type: "long", values: keys.map(() => below(1e6)) },
    v_dec: { type: "cents", values: keys.map(() => below(1e7)) },
    v_cat: { type: ["b-cat-0", "b-cat-1"], values: keys.map(() => below(2)) },
    v_date: { type: "date", values: keys.map(() => FIRST_DAY + below(730)) },
  });
  const perFile = Math.ceil(rows / 10);
  for (let first = 0; first < rows; first += perFile) {
    const keys = Float64Array.from({ length: Math.min(perFile, rows - first) }, (_, i) => (first + i) * 2);
    writeParquet(path.join(folder, `part-${String(first / perFile).padStart(2, "0")}.parquet`), frame(keys));
  }
  const more = Float64Array.from({ length: 100 }, (_, i) => i);
  writeParquet(path.join(data, "append100.parquet"), frame(more));
  fs.writeFileSync(path.join(data, "meta.json"), JSON.stringify({ scale, point_key: 2 * Math.floor(rows / 3) }));
}

/** Eight times the purchase plus the number of the event, from 0: most purchases have one, a few have many. */
function eventsOf(purchases, absent, random) {
  const events = [];
  for (let purchase = 0; purchase < purchases; purchase++) {
    if (random() < absent) continue;
    let number = 0;
    do events.push(8 * purchase + number++);
    while (number < 8 && random() < 0.23);
  }
  return Float64Array.from(events);
}

/** Seconds since the first day; two events of a purchase never share one, and later numbers may be earlier moments. */
function momentOf(event, ordered, random) {
  const late = random() < 0.2 ? random() * 60 * 86_400 : random() * 7_200;
  return ordered[Math.floor(event / 8)] + Math.floor(late / 8) * 8 + (event % 8);
}

function shuffled(values, random) {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j], values[i]];
  }
  return values;
}

function writeParquet(file, columns) {
  const pl = require("nodejs-polars");
  const series = Object.entries(columns).map(([name, { values }]) => pl.Series(name, values));
  const typed = Object.entries(columns).map(([name, { type }]) => {
    const known = pl.when(pl.col(name).gtEq(0)).then(pl.col(name)).otherwise(pl.lit(null));
    return typedColumn(pl, known.cast(pl.Int64), type).alias(name);
  });
  pl.DataFrame(series)
    .select(...typed)
    .writeParquet(file, { compression: "snappy" });
}

function typedColumn(pl, known, type) {
  if (Array.isArray(type)) {
    return pl.when(known.eq(0)).then(pl.lit(type[0])).otherwise(pl.lit(type[1]));
  }
  if (type === "date") return known.cast(pl.Int32).cast(pl.Date);
  if (type === "timestamp") return known.cast(pl.Datetime("us"));
  if (type === "long") return known;
  return known
    .cast(pl.Decimal(20, 2))
    .div(pl.lit(100).cast(pl.Decimal(5, 0)))
    .cast(pl.Decimal(18, 2));
}

const HEADER =
  "Timestamp do Registro,Nome,Sobrenome,Email,Telefone,Produto Adquirido,Valor da Compra,Canal,Plataforma de Interação," +
  "Campanha de Marketing,Vendedor,Desconto Oferecido,Código de Desconto Usado";
const NAMES = [
  "ALICE",
  "bento",
  "Célia",
  "DANILO",
  "élida",
  "Fábio",
  "GORETE",
  "heitor",
  "Íris",
  "JOSÉ",
  "kátia",
  "Luís",
];
const SURNAMES = [
  "ABREU",
  "barros",
  "Conceição",
  "DUARTE",
  "esteves",
  "Falcão",
  "GUIMARÃES",
  "holanda",
  "Ibañez",
  "LEÃO",
];
const HOSTS = ["correio.com.br", "exemplo.com", "loja.com.br", "mensagem.net"];
const PRODUCTS = ["Câmera", "Geladeira", "Livro", "Mesa de Jantar", "Relógio", "Tênis", "Violão"];
const CHANNELS = ["Aplicativo", "Loja Física", "Site", "Telefone"];
const PLATFORMS = ["Balcão", "Chat", "E-mail", "Rede Social"];
const CAMPAIGNS = ["Dia dos Pais", "Inverno", "Lançamento", "Nenhuma"];
const SELLERS = ["", "Antônio", "Bárbara", "Caetano", "Dulce"];

function writeSales(folder, sizes) {
  const random = generator(2);
  const any = (list) => list[Math.floor(random() * list.length)];
  const below = (limit) => Math.floor(random() * limit);
  sizes.forEach((size, number) => {
    const lines = [];
    const unique = Math.max(1, Math.round(size / 1.2));
    for (let i = 0; i < size; i++) lines.push(i < unique ? saleOf(any, below, unique) : lines[below(unique)]);
    const file = path.join(folder, `registros_${String(number + 1).padStart(2, "0")}.csv`);
    const handle = fs.openSync(file, "w");
    fs.writeSync(handle, `${HEADER}\n`);
    for (let i = 0; i < size; i += 50_000) fs.writeSync(handle, `${lines.slice(i, i + 50_000).join("\n")}\n`);
    fs.closeSync(handle);
  });
}

function saleOf(any, below, unique) {
  const moment = new Date(FIRST_MICROS / 1000 + below(3 * YEAR) * 1000).toISOString();
  const [year, month, day, time] = [moment.slice(0, 4), moment.slice(5, 7), moment.slice(8, 10), moment.slice(11, 19)];
  const discount = 5 * below(5);
  return [
    `${day}/${month}/${year} ${time}`,
    any(NAMES),
    any(SURNAMES),
    `pessoa${below(Math.max(50, unique / 4))}@${any(HOSTS)}`,
    `(21) ${900_000_000 + below(99_999_999)}`,
    any(PRODUCTS),
    `"${amountOf(1000 + below(1_499_000), below(10) < 6)}"`,
    any(CHANNELS),
    any(PLATFORMS),
    any(CAMPAIGNS),
    any(SELLERS),
    discount === 0 ? "" : `${discount}%`,
    discount === 0 ? "" : `VALE${100 + below(900)}`,
  ].join(",");
}

/** `1.234,56`, or `1234,56` without dots. */
function amountOf(cents, dotted) {
  const units = String(Math.floor(cents / 100));
  const grouped = dotted && units.length > 3 ? `${units.slice(0, -3)}.${units.slice(-3)}` : units;
  return `${grouped},${String(cents % 100).padStart(2, "0")}`;
}

/** Numbers from 0 to 1 (mulberry32), the same for the same seed. */
function generator(seed) {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
