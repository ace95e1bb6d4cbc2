/** Text as it is; of anything else its JSON, and of nothing no text. */
export const textOf = (found: unknown): string =>
  typeof found === 'string' ? found : found === undefined || found === null ? '' : JSON.stringify(found);
