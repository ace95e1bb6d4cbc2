/** US dollars. Step Functions' are of its price list; Lambda's (arm64) and S3's are not verified. */
export const PRICES = {
  region: 'us-east-1',
  date: 'November 2026',
  gibSecond: 0.0000133334,
  stateTransition: 0.025 / 1000,
  read: 0.0004 / 1000,
  write: 0.005 / 1000,
} as const;

interface Usage {
  readonly gibSeconds: number;
  readonly stateTransitions: number;
  readonly reads: number;
  readonly writes: number;
}

/** What a run costs; what its files cost that are kept is left out. */
export const priceOf = ({ gibSeconds, stateTransitions, reads, writes }: Usage): number =>
  gibSeconds * PRICES.gibSecond +
  stateTransitions * PRICES.stateTransition +
  reads * PRICES.read +
  writes * PRICES.write;
