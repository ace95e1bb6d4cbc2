import { fromUtf8, type Utf8 } from '../../objects/utf8.ts';
import { isBlank } from './blank-text.ts';

/**
 * Text in a trace that stands there just as JSON.stringify would write it, kept so: most prompts and responses go from
 * the trace to the collection without being decoded.
 */
export class WrittenText {
  /** With its quotes. */
  readonly json: Utf8;

  constructor(json: Utf8) {
    this.json = json;
  }

  get isBlank(): boolean {
    return !SAYS_SOMETHING.test(this.json) && isBlank(this.toJSON());
  }

  toJSON(): string {
    return JSON.parse(fromUtf8(this.json));
  }
}

/**
 * After white space of ASCII something that is none. Of the other bytes only those left out here begin a character that
 * does not show (U+00A0, U+1680, U+2000 and on, U+3000, U+FEFF): few texts have to be decoded to be sure. Bounded, because
 * a regular expression runs out of stack on megabytes of white space.
 */
const SAYS_SOMETHING = /^"(?: |\\[fnrt]){0,1000}(?:[!#-[\]-\xc1\xc3-\xe0\xe4-\xee\xf0-\xff]|\\["\\b])/;
