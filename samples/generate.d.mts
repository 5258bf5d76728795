/** The seed of the samples that are in the repository. */
export declare const SAMPLE_SEED: number;

/** The sample files by their path under landing (`vendas/registros_2014.csv`); the same bytes for the same seed everywhere. */
export declare function sampleFiles(seed: number): ReadonlyMap<string, Uint8Array>;

/** Writes the sample files under `folder`; anything else in it is removed. */
export declare function generateSamples(folder: string, seed: number): void;
