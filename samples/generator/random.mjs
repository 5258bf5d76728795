/**
 * @typedef {object} Random A stream of random choices that is the same for the same seed on every machine.
 * @property {(probability: number) => boolean} chance
 * @property {(least: number, most: number) => number} between A whole number, both ends included.
 * @property {<T>(choices: readonly T[]) => T} pick
 * @property {<T>(choices: readonly (readonly [T, number])[]) => T} weighted Each choice with its weight.
 * @property {<T>(values: readonly T[]) => T[]} shuffle A shuffled copy.
 */

/**
 * Mulberry32: whole-number arithmetic only, so no platform's floating-point functions matter.
 * @param {number} seed
 * @returns {Random}
 */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (/** @type {number} */ least, /** @type {number} */ most) =>
    least + Math.floor(next() * (most - least + 1));
  return {
    chance: (probability) => next() < probability,
    between,
    pick: (choices) => choices[between(0, choices.length - 1)],
    weighted: (choices) => {
      let left = next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
      const found = choices.find(([, weight]) => {
        left -= weight;
        return left < 0;
      });
      return (found ?? choices[choices.length - 1])[0];
    },
    shuffle: (values) => {
      const shuffled = [...values];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = between(0, last);
        [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]];
      }
      return shuffled;
    },
  };
}
