/** By UTF-16 code units, the same in every locale; of digests by byte. */
export const compareText = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0);
