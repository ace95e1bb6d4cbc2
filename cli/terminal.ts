/*
 * What a person reads may hold anything that stands in traces, in keys or in a service's answer: an escape sequence there
 * must not move the cursor, and nothing may pass for a line of our own.
 */

/** On stdout, with its own newlines and nothing else that a terminal obeys. */
export const print = (text: string): void => void process.stdout.write(printable(text));

/** The same on stderr. */
export const tell = (text: string): void => void process.stderr.write(printable(text));

/** Control characters and what turns the direction of text are written as `\u001b`; JSON stays the same JSON. */
export const printable = (text: string): string =>
  text.replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029\uFEFF]/gu, escaped);

/** For a text within a line. */
export const oneLine = (text: string): string => printable(text).replace(/[\n\t]/g, escaped);

/**
 * A reader may stop reading (`head` does): that is no error. A full disk behind stdout is an error. If stderr cannot be
 * written, the work continues without it.
 */
export function endWhereOutputFails(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    tell(`The output could not be written completely (${error.code ?? error.message}). Send it elsewhere.\n`);
    process.exit(1);
  });
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
