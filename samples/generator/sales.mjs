import { csvBytes } from "./formats.mjs";
import {
  BROKEN_2014,
  BROKEN_2015,
  CAMPAIGNS,
  FIRST_NAMES,
  HOURS,
  LAST_NAMES,
  MAIL_DOMAINS,
  MONTHS,
  PLATFORMS,
  PRODUCTS,
  SELLERS,
} from "./shop.mjs";

/** @typedef {import("./random.mjs").Random} Random */
/** @typedef {string[]} Sale The thirteen fields of a sales file, in the order of HEADER. */

const HEADER = [
  "Timestamp do Registro",
  "Nome",
  "Sobrenome",
  "Email",
  "Telefone",
  "Produto Adquirido",
  "Valor da Compra",
  "Canal",
  "Plataforma de Interação",
  "Campanha de Marketing",
  "Vendedor",
  "Desconto Oferecido",
  "Código de Desconto Usado",
];

/**
 * Four files of the sales of a fictional electronics shop, 2012 to 2016.
 * @param {Random} random
 * @returns {ReadonlyMap<string, Uint8Array>} By path under landing.
 */
export function salesFiles(random) {
  const years = new Map(SALES_PER_YEAR.map(([year, count]) => [year, salesOf(random, year, count)]));
  const of = (/** @type {number} */ year) => years.get(year) ?? [];
  const early = [...of(2012), ...of(2013)];
  const revised = [...some(random, of(2015), 24), ...of(2016)];
  return new Map([
    ["vendas/registros_2012_2013.csv", csvBytes(HEADER, withRepeats(random, early, 9), { mark: true })],
    [
      "vendas/registros_2014.csv",
      csvBytes(HEADER, [...withRepeats(random, of(2014), 7), ...BROKEN_2014], { newline: "\r\n" }),
    ],
    [
      "vendas/registros_2015.csv",
      csvBytes(HEADER, [...some(random, of(2014), 11), ...withRepeats(random, of(2015), 8), ...BROKEN_2015]),
    ],
    [
      "vendas/registros_2016_revisado.csv",
      csvBytes(
        REVISED.map((at) => HEADER[at]),
        revised.map((sale) => REVISED.map((at) => sale[at])),
      ),
    ],
  ]);
}

/** Where each column of the revised file stands in HEADER: the system that exported it puts the customer first. */
const REVISED = [1, 2, 3, 4, 0, 5, 6, 11, 12, 7, 8, 9, 10];

/** @type {readonly (readonly [number, number])[]} */
const SALES_PER_YEAR = [
  [2012, 74],
  [2013, 98],
  [2014, 126],
  [2015, 151],
  [2016, 177],
];

/**
 * @param {Random} random
 * @param {number} year
 * @param {number} count
 * @returns {Sale[]} In the order of their timestamps, all different.
 */
function salesOf(random, year, count) {
  const sales = new Map();
  while (sales.size < count) {
    const sale = saleOf(random, year);
    sales.set(sale[0], sale);
  }
  return [...sales.values()].sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/**
 * @param {Random} random
 * @param {number} year
 * @returns {Sale}
 */
function saleOf(random, year) {
  const month = random.weighted(MONTHS);
  const day = month === 11 && random.chance(0.5) ? random.between(22, 29) : random.between(1, 28);
  const hour = random.weighted(HOURS);
  const channel = random.weighted(
    /** @type {const} */ ([
      ["E-commerce", 2 + (year - 2012) * 2],
      ["Loja Física", 10 - (year - 2012)],
      ["Telefone", 3],
      ["Marketplace", (year - 2012) * 1.5],
    ]),
  );
  const [first, last] = [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
  const [product, price] = random.weighted(
    PRODUCTS.map(([name, reais, weight]) => [/** @type {const} */ ([name, reais]), weight]),
  );
  const campaign = random.chance(0.7) ? CAMPAIGNS[month] : undefined;
  const discount = campaign === undefined ? (random.chance(0.06) ? "3%" : "") : random.pick(campaign[2]);
  const hasCode = campaign !== undefined && channel !== "Loja Física" && random.chance(0.75);
  const sold = channel === "Loja Física" || channel === "Telefone" ? 0.85 : 0.2;
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return [
    `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(random.between(0, 59))}:${two(random.between(0, 59))}`,
    random.chance(0.03) ? ` ${first} ` : first,
    last,
    mailOf(random, first, last),
    random.chance(0.08)
      ? ""
      : `(${random.pick([11, 21, 31, 41, 51, 71, 81])}) 9${random.between(1000, 9999)}-${two(random.between(0, 99))}${two(random.between(0, 99))}`,
    product,
    priceText(random, price * 100 + random.between(-price * 6, price * 9)),
    channel,
    random.weighted(PLATFORMS[channel]),
    campaign === undefined ? "" : campaign[0],
    random.chance(sold) ? String(random.weighted(/** @type {[string, number][]} */ (SELLERS))) : "",
    discount,
    hasCode && campaign !== undefined ? `${campaign[1]}${Number.parseInt(discount, 10)}` : "",
  ];
}

/**
 * @param {Random} random
 * @param {string} first
 * @param {string} last
 */
function mailOf(random, first, last) {
  const plain = (/** @type {string} */ name) =>
    name
      .normalize("NFD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .split(/[^a-z]+/)
      .join("");
  return `${plain(first)}.${plain(last)}${random.chance(0.3) ? random.between(1, 99) : ""}@${random.pick(MAIL_DOMAINS)}`;
}

/**
 * The same price as different tills write it: `2500`, `1.234,56`, `1234,56`, `1234.56`.
 * @param {Random} random
 * @param {number} cents
 */
function priceText(random, cents) {
  const style = random.weighted(
    /** @type {const} */ ([
      ["whole", 3],
      ["grouped", 5],
      ["comma", 2],
      ["point", 2],
    ]),
  );
  const reais = String(Math.floor(cents / 100));
  if (style === "whole") return reais;
  const rest = String(cents % 100).padStart(2, "0");
  if (style === "grouped") return `${reais.replace(/\B(?=(\d{3})+$)/g, ".")},${rest}`;
  return `${reais}${style === "comma" ? "," : "."}${rest}`;
}

/**
 * The sales with `count` of them registered once more, a little later in the file.
 * @param {Random} random
 * @param {readonly Sale[]} sales
 * @param {number} count
 */
function withRepeats(random, sales, count) {
  const repeated = new Set(some(random, sales, count));
  return sales.flatMap((sale) => (repeated.has(sale) ? [sale, sale] : [sale]));
}

/**
 * `count` of the sales, in their order.
 * @param {Random} random
 * @param {readonly Sale[]} sales
 * @param {number} count
 */
function some(random, sales, count) {
  const chosen = new Set(random.shuffle(sales).slice(0, count));
  return sales.filter((sale) => chosen.has(sale));
}
