/**
 * Texts that make a backtracking expression try the same characters again and again, where it can be made to: a head, then
 * one or two of the expression's own characters as often as fits, then an end that does not match. Each is a function of
 * its length.
 */
export function worstTexts({ source }: RegExp): readonly ((length: number) => string)[] {
  const own = ownCharacters(source);
  const units = [...own, ...OTHERS, ...own.slice(0, 5).flatMap((one) => own.slice(0, 5).map((other) => one + other))];
  const ends = [...new Set(['\0', '\n/', ...own.slice(0, 2)])];
  const heads = [...new Set(['', literalHead(source)])];
  return [...new Set(units)].flatMap((unit) =>
    heads.flatMap((head) => ends.map((end) => (length: number) => `${head}${unit.repeat(length / unit.length)}${end}`)),
  );
}

/** What the expression has between its signs, and for each class of characters one of them. */
function ownCharacters(source: string): readonly string[] {
  const plain = source.replaceAll(/\\([dDwWsSbBnrt])/g, (_, name: string) => CLASSES[name] ?? '');
  return [...new Set(plain.replaceAll(/\(\?[:=!<]*|\{\d*,?\d*\}|[\^$*+?()|[\]\\]/g, ''))].slice(0, 10);
}

const CLASSES: Readonly<Record<string, string>> = {
  d: '0',
  D: 'x',
  w: 'a',
  W: '-',
  s: ' ',
  S: 'x',
  n: '\n',
  r: '\r',
  t: '\t',
};
const OTHERS = ['0', 'a', 'A', ' ', '-', '/', '\\', '"', '\0', '漢'];

/** The characters that the expression begins with. */
const literalHead = (source: string): string => /^\^?([\w":/ <{-]*)/.exec(source)?.[1] ?? '';
