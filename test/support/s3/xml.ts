/** The little XML that S3 speaks. */
export type Xml = string | number | boolean | readonly Element[];
export type Element = readonly [name: string, content: Xml];

export const document = (name: string, content: Xml): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${element([name, content])}`;

/** The texts of all elements of this name, in order; nested elements stay as they are. */
export const textsOf = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>(.*?)</${name}>`, 'gs'))].map(([, text = '']) => decoded(text));

function element([name, content]: Element): string {
  const inner = typeof content === 'object' ? content.map(element).join('') : encoded(String(content));
  return `<${name}>${inner}</${name}>`;
}

/** Control characters too, as S3 has them: no XML 1.0, and parsers differ. */
const encoded = (text: string) =>
  text.replace(/[&<>"\p{Cc}]/gu, (character) => (character === '\n' ? character : `&#${character.charCodeAt(0)};`));

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const decoded = (text: string) =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return NAMED[name] ?? whole;
  });
