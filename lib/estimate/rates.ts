/** What a run takes for each byte and pair, in seconds of one core. */
export interface Rates {
  /** Of a byte of traces, uncompressed, until its pairs are in the collection. */
  readonly buildSeconds: number;
  /** Of a byte of traces, for one dataset format. */
  readonly writeSeconds: number;
  readonly chooseSecondsOfPair: number;
}

/** As the benchmark measured them, rounded; a test holds them against `bench/results.json`. */
export const RATES: Rates = { buildSeconds: 1 / 60e6, writeSeconds: 1 / 125e6, chooseSecondsOfPair: 3e-6 };

/** What nobody measured here: see docs/operations.md. */
export const ASSUMED = {
  /** A second between a function and S3, in and out together: 600 Mbit/s. */
  networkBytes: 75e6,
  /** A second of one server-side copy. */
  copyBytes: 50e6,
  /** Children that a map starts a second. */
  mapStarts: 100,
} as const;

/** 10 Gbit/s: more than ten times what others measured of a function. What takes too long even so cannot end. */
export const FASTEST_NETWORK_BYTES = 1.25e9;

/** Lambda's most. */
export const FUNCTION_SECONDS = 900;
