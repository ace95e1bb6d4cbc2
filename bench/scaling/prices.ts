/** US dollars, us-east-1, list prices without the free tier, as of November 2026. */
export const PRICES = {
  /** A GiB of a function's memory for a second, arm64, first tier. */
  lambdaGibSecond: 0.0000133334,
  lambdaRequest: 0.2 / 1e6,
  /** Standard workflows: each state entered, retries too. */
  stateTransition: 0.025 / 1_000,
  s3Get: 0.0004 / 1_000,
  /** PUT, COPY, POST, LIST; a part of a multipart upload is one. */
  s3Put: 0.005 / 1_000,
  /** A GB (10^9 bytes) of CloudWatch Logs taken in. */
  logGb: 0.5,
  /** A GB kept in S3 Standard for a month, first tier. */
  s3GbMonth: 0.023,
} as const;

/** Bytes that one invocation logs: our two lines, the metrics line, Lambda's three. Counted once, in round numbers. */
export const LOG_BYTES_PER_INVOCATION = 3_000;
