/** @typedef {import("./random.mjs").Random} Random */
/** @typedef {import("./marketplace.mjs").Event} Event */
/** @typedef {import("./marketplace.mjs").Table} Table */

/**
 * @typedef {object} Product
 * @property {string} id
 * @property {string} item The offer through which it is sold.
 * @property {string} producer
 * @property {number} cents
 * @property {number} weight
 * @property {number} launched Day from 0.
 * @property {number} withdrawn Day from 0.
 */

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** @type {readonly Product[]} */
const PRODUCTS = [
  product("1001", 9_700, 16),
  product("1002", 19_700, 13),
  product("1003", 29_700, 10),
  product("1004", 49_700, 8),
  product("1005", 4_990, 14),
  product("1006", 99_700, 4),
  product("1007", 14_990, 7),
  product("1008", 149_700, 1),
  product("1009", 2_990, 9),
  product("1010", 69_700, 3),
  product("1011", 34_900, 5, { withdrawn: 104 }),
  product("1012", 7_990, 6),
  product("1013", 24_900, 14, { launched: 90 }),
  product("1014", 12_900, 8, { launched: 132 }),
];

/**
 * Everything that happens to one purchase, as events of the three tables, however late; `at` is when it was ordered.
 * @param {Random} random
 * @param {string} id
 * @param {number} day The day of the order, from 0.
 * @param {number} at Seconds since 2023-01-01.
 * @returns {Event[]}
 */
export function journeyOf(random, id, day, at) {
  const bought = random.weighted(
    PRODUCTS.filter(({ launched, withdrawn }) => launched <= day && day < withdrawn).map((each) => [each, each.weight]),
  );
  return [
    ...purchaseEvents(random, id, at, bought),
    ...itemEvents(random, id, day, at, bought),
    ...subsidiaryEvents(random, id, at),
  ];
}

/**
 * Ordered, paid at once or within days or never, sometimes cancelled and paid once more, sometimes redated.
 * @param {Random} random
 * @param {string} id
 * @param {number} at
 * @param {Product} bought
 */
function purchaseEvents(random, id, at, bought) {
  const buyer = String(40_000 + random.between(0, 1_600));
  const state = (
    /** @type {number} */ when,
    /** @type {number} */ ordered,
    /** @type {number | undefined} */ released,
  ) =>
    event("purchase", when, {
      purchase_id: id,
      buyer_id: buyer,
      prod_item_id: bought.item,
      order_date: dateOf(ordered),
      release_date: released === undefined ? "" : dateOf(released),
      producer_id: bought.producer,
    });

  const means = random.weighted(
    /** @type {const} */ ([
      ["card", 58],
      ["slip", 32],
      ["abandoned", 10],
    ]),
  );
  if (means === "abandoned") return [state(at, at, undefined)];
  const events = means === "card" ? [] : [state(at, at, undefined)];
  const paid = means === "card" ? at : at + random.between(5 * HOUR, 4 * DAY);
  events.push(state(paid, at, paid));
  let last = paid;
  if (random.chance(0.07)) {
    last += random.between(12 * HOUR, 30 * DAY);
    events.push(state(last, at, undefined));
    if (random.chance(0.12)) {
      last += random.between(2 * HOUR, 5 * DAY);
      events.push(state(last, at, last));
    }
  } else if (random.chance(0.02)) {
    // Ordered shortly after midnight elsewhere: the day before is the right one.
    last += random.between(1 * DAY, 20 * DAY);
    events.push(state(last, Math.max(0, at - DAY), paid));
  }
  return events;
}

/**
 * The item usually follows the purchase within the hour, sometimes precedes it, sometimes comes days later or never; its
 * value or even its product may be corrected.
 * @param {Random} random
 * @param {string} id
 * @param {number} day
 * @param {number} at
 * @param {Product} bought
 */
function itemEvents(random, id, day, at, bought) {
  if (random.chance(0.01)) return [];
  const delay = random.weighted([
    [random.between(1, 50) * MINUTE, 86],
    [-random.between(1, 20) * MINUTE, 10],
    [random.between(1 * DAY, 9 * DAY), 4],
  ]);
  const first = Math.max(0, at + delay);
  const quantity = random.weighted(
    /** @type {const} */ ([
      [1, 84],
      [2, 12],
      [3, 3],
      [10, 0.3],
    ]),
  );
  const rebate =
    day === 73
      ? 30
      : random.weighted(
          /** @type {const} */ ([
            [0, 70],
            [5, 15],
            [10, 15],
          ]),
        );
  const state = (/** @type {number} */ when, /** @type {string} */ productId, /** @type {number} */ cents) =>
    event("product_item", when, {
      purchase_id: id,
      product_id: productId,
      item_quantity: String(quantity),
      purchase_value: `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`,
    });

  const value = Math.floor((bought.cents * quantity * (100 - rebate)) / 100);
  const events = [state(first, bought.id, value)];
  if (random.chance(0.04)) {
    events.push(
      state(
        first + random.between(6 * HOUR, 25 * DAY),
        bought.id,
        Math.floor((value * random.pick([50, 80, 90, 110])) / 100),
      ),
    );
  } else if (random.chance(0.01)) {
    events.push(state(first + random.between(6 * HOUR, 12 * DAY), random.pick(PRODUCTS).id, value));
  }
  return events;
}

/**
 * The subsidiary is known within a day, weeks later, or never; a few purchases change it.
 * @param {Random} random
 * @param {string} id
 * @param {number} at
 */
function subsidiaryEvents(random, id, at) {
  const delay = random.weighted([
    [random.between(1, 20) * HOUR, 82],
    [random.between(4 * DAY, 40 * DAY), 15],
    [undefined, 3],
  ]);
  if (delay === undefined) return [];
  const name = random.weighted(
    /** @type {const} */ ([
      ["nacional", 71],
      ["internacional", 29],
    ]),
  );
  const other = name === "nacional" ? "internacional" : "nacional";
  const events = [event("purchase_extra_info", at + delay, { purchase_id: id, subsidiary: name })];
  if (random.chance(0.03)) {
    const when = at + delay + random.between(1 * DAY, 30 * DAY);
    events.push(event("purchase_extra_info", when, { purchase_id: id, subsidiary: other }));
  }
  return events;
}

/**
 * @param {Table} table
 * @param {number} at
 * @param {Record<string, string>} values
 * @returns {Event}
 */
function event(table, at, values) {
  return { table, at, values };
}

/** @param {number} at */
function dateOf(at) {
  return new Date(Date.UTC(2023, 0, 1) + at * 1_000).toISOString().slice(0, 10);
}

/**
 * @param {string} id
 * @param {number} cents
 * @param {number} weight
 * @param {{ launched?: number, withdrawn?: number }} [days]
 * @returns {Product}
 */
function product(id, cents, weight, { launched = 0, withdrawn = 181 } = {}) {
  const number = Number(id) - 1_000;
  return {
    id,
    item: String(5_000 + number * 7),
    producer: String(852_800 + (number % 5)),
    cents,
    weight,
    launched,
    withdrawn,
  };
}
