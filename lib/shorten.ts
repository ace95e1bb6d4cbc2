/** The beginning of a text that has more than `most` UTF-16 code units. */
export const shorten = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)}…` : text);
