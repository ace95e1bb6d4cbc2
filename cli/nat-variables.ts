import { InvalidRequest } from '../lib/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What was put into a text. */
export interface Variables {
  /** Values by their variables' names. They may be secrets. */
  readonly values: Map<string, string>;
  /** Variables that are not set and have no default: nothing stands in their place. */
  readonly unset: Set<string>;
}

export const noVariables = (): Variables => ({ values: new Map(), unset: new Set() });

export interface Expansion {
  readonly environment: Environment;
  /** Notes what is put in. */
  readonly variables: Variables;
}

/**
 * A text of NAT's configuration with `${NAME}` and `${NAME:-default}` taken from the environment, as NAT does with the
 * whole file before it reads the YAML: a number becomes one, and comments count. `$NAME` stays; a backslash keeps `$` as it is.
 * `place` is the file, for messages. Throws {@link InvalidRequest} for the other forms of a shell.
 */
export function expandVariables(text: string, place: string, expansion: Expansion): string {
  return expandAt(text, { ...expansion, place, depth: 0 });
}

interface Place extends Expansion {
  readonly place: string;
  /** Defaults that the text lies in. */
  readonly depth: number;
}

/** Each default is looked through again for those in it. */
const MOST_DEPTH = 20;

function expandAt(text: string, place: Place): string {
  let expanded = '';
  let kept = 0;
  for (let at = nextSpecial(text, 0); at !== -1; at = nextSpecial(text, at)) {
    if (text[at] === '\\') {
      const escapes = text[at + 1] === '$' || text[at + 1] === '\\';
      expanded += text.slice(kept, escapes ? at : at + 1);
      kept = at + 1;
      at += 2;
    } else if (text[at + 1] !== '{') {
      at += 1;
    } else {
      const end = closingBrace(text, at + 2);
      const [, name, otherwise] = (end !== -1 && VARIABLE.exec(text.slice(at + 2, end))) || [];
      if (name === undefined || place.depth > MOST_DEPTH) throw new InvalidRequest(wrongForm(text, at, place));
      expanded += text.slice(kept, at) + lookUp(name, otherwise, place);
      at = kept = end + 1;
    }
  }
  return expanded + text.slice(kept);
}

const VARIABLE = /^(\w+)(?::?-(.*))?$/s;

function lookUp(name: string, otherwise: string | undefined, place: Place): string {
  const value = place.environment[name];
  if (value) {
    place.variables.values.set(name, value);
    return value;
  }
  if (otherwise !== undefined) return expandAt(otherwise, { ...place, depth: place.depth + 1 });
  place.variables.unset.add(name);
  return '';
}

function nextSpecial(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if (text[at] === '$' || text[at] === '\\') return at;
  return -1;
}

/** Of the brace that was opened before `from`; -1 where none closes it. */
function closingBrace(text: string, from: number): number {
  let open = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') open += 1;
    else if (text[at] === '}' && open-- === 0) return at;
  }
  return -1;
}

function wrongForm(text: string, at: number, { place }: Place): string {
  const line = text.slice(0, at).split('\n').length;
  return `${place} has a \${…} at line ${line} that is neither \${NAME} nor \${NAME:-default}. Write one of these, or \\\${ for plain text.`;
}

/** The text without what came from the environment. */
export function hideVariables(text: string, { values }: Pick<Variables, 'values'>): string {
  // The longest first: a shorter one would leave the rest of it.
  const byLength = [...values].toSorted(([, a], [, b]) => b.length - a.length);
  return byLength.reduce((hidden, [name, value]) => {
    const quoted = hidden.replaceAll(JSON.stringify(value), `"\${${name}}"`);
    // Too short to be a secret, and sure to be part of something else.
    return value.length < 6 ? quoted : quoted.replaceAll(value, `\${${name}}`);
  }, text);
}
