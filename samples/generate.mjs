import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { marketplaceFiles } from "./generator/marketplace.mjs";
import { randomFrom } from "./generator/random.mjs";
import { salesFiles } from "./generator/sales.mjs";

/** The seed of the samples that are in the repository. */
export const SAMPLE_SEED = 2023;

/**
 * The sample files by their path under landing (`vendas/registros_2014.csv`); the same bytes for the same seed everywhere.
 * @param {number} seed A whole number.
 * @returns {ReadonlyMap<string, Uint8Array>}
 */
export function sampleFiles(seed) {
  return new Map([...salesFiles(randomFrom(seed)), ...marketplaceFiles(randomFrom(seed + 1))]);
}

/**
 * Writes the sample files under `folder`; anything else in it is removed.
 * @param {string} folder
 * @param {number} seed
 */
export function generateSamples(folder, seed) {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, bytes] of sampleFiles(seed)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  generateSamples(join(dirname(process.argv[1]), "landing"), SAMPLE_SEED);
}
