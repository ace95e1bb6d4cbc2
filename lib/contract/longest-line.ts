/**
 * Most bytes of a line of the collection. V8 holds no string of more than 2^29 - 24 characters (some 537 million), and
 * neither does any JavaScript program that reads the line.
 */
export const LONGEST_LINE = 500_000_000;

/**
 * Most bytes of a pair's prompt, responses and tools in a line of a dataset. Some formats write the prompt twice, and
 * text of JSON inside JSON text takes twice its characters: four times as much is below V8's limit, too.
 */
export const LONGEST_PAIR = 100_000_000;
