import { parseDocument, type ScalarTag, type YAMLParseError } from 'yaml';

/**
 * YAML as NAT reads it: PyYAML's `safe_load`, which is YAML 1.1 with its own ideas of numbers (`1e3` is text, `1_000` and
 * `1:30` are integers), merge keys, and the last of equal keys. Throws an error that says where, and quotes nothing: a
 * secret may have been put into the text.
 */
export function parseNatYaml(text: string): unknown {
  const document = parseDocument(text, {
    schema: 'failsafe',
    customTags: TAGS,
    merge: true,
    uniqueKeys: false,
    prettyErrors: true,
    logLevel: 'error',
  });
  const [wrong] = [...document.errors, ...document.warnings];
  if (wrong) throw new NatYamlError(placeOf(wrong));
  try {
    return document.toJS({ maxAliasCount: 1000 });
  } catch (cause) {
    throw new NatYamlError('its aliases form a loop, or have no anchor', { cause });
  }
}

export class NatYamlError extends Error {
  override readonly name = 'NatYamlError';
}

/** The parser's message may quote the text. */
function placeOf(error: Pick<YAMLParseError, 'code' | 'linePos'>): string {
  const [{ line, col } = { line: 1, col: 1 }] = error.linePos ?? [];
  const what = error.code.toLowerCase().replaceAll('_', ' ');
  return `${what} at line ${line}, column ${col}`;
}

/** PyYAML's implicit resolvers, in its order. */
const TAGS: ScalarTag[] = [
  {
    tag: 'tag:yaml.org,2002:bool',
    default: true,
    test: /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
    resolve: (text) => /^(?:yes|true|on)$/i.test(text),
  },
  {
    tag: 'tag:yaml.org,2002:float',
    default: true,
    test: /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
    resolve: (text) => readFloat(text.replaceAll('_', '').toLowerCase()),
  },
  {
    tag: 'tag:yaml.org,2002:int',
    default: true,
    test: /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
    resolve: (text) => readInteger(text.replaceAll('_', '')),
  },
  {
    tag: 'tag:yaml.org,2002:timestamp',
    default: true,
    test: /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$/,
    resolve: (text) => new Date(text),
  },
  {
    tag: 'tag:yaml.org,2002:null',
    default: true,
    test: /^(?:~|null|Null|NULL|)$/,
    resolve: () => null,
  },
];

function readFloat(text: string): number {
  if (text === '.nan') return Number.NaN;
  if (text.endsWith('.inf')) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return text.includes(':') ? readSexagesimal(text) : Number(text);
}

function readInteger(text: string): number {
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/.exec(text) ?? [];
  const value = digits.includes(':')
    ? readSexagesimal(digits)
    : /^0[0-7]+$/.test(digits)
      ? Number.parseInt(digits, 8)
      : Number(digits);
  return sign === '-' ? -value : value;
}

/** 1:30 is 90. */
function readSexagesimal(text: string): number {
  const [, sign, digits = ''] = /^([-+]?)(.*)$/.exec(text) ?? [];
  const value = digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return sign === '-' ? -value : value;
}
