/** Numbers as the tables of docs/scaling.md have them. */
export const whole = (number: number): string => Math.round(number).toLocaleString('en-US');

/** Two or three digits: what is behind them is noise. */
export const seconds = (number: number): string =>
  number >= 100 ? whole(number) : Number(number.toPrecision(2)).toLocaleString('en-US');

export function money(dollars: number): string {
  if (dollars < 0.005) return 'under 0.01';
  return dollars >= 100 ? whole(dollars) : dollars.toFixed(2);
}

export const percent = (share: number): string =>
  `${share >= 0.1 ? whole(100 * share) : Number((100 * share).toPrecision(1))} %`;

export const mebibytes = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${whole(bytes / 2 ** 30)} GiB` : `${whole(bytes / 2 ** 20)} MiB`;

/** Powers of ten, as AWS bills. */
export function bytesText(bytes: number): string {
  const [unit, name] = bytes >= 1e12 ? [1e12, 'TB'] : bytes >= 1e9 ? [1e9, 'GB'] : [1e6, 'MB'];
  return `${Number((bytes / unit).toPrecision(2)).toLocaleString('en-US')} ${name}`;
}

/** Pairs, in millions where there are. */
export const count = (number: number): string =>
  number >= 1e6 ? `${Number((number / 1e6).toPrecision(3)).toLocaleString('en-US')} million` : whole(number);

export const minutes = (seconds: number): string => (seconds / 60).toFixed(1);
