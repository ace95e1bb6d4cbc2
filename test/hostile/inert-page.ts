import { ok, strictEqual } from 'node:assert';

/**
 * Throws where a report holds anything live that is not its own: an element, an attribute or a link that its own code does
 * not make. Reads the page as a browser's tokenizer does: tags begin only at `<`, and scripts and styles end only at
 * their closing tags.
 */
export function requireInertPage(page: string): void {
  ok(page.startsWith('<!doctype html>\n<html lang="en">') && page.endsWith('</body>\n</html>\n'));
  strictEqual(page.isWellFormed() && !page.includes('\0'), true);
  const [scripts, styles] = [elements(page, 'script'), elements(page, 'style')];
  strictEqual(scripts.length, 2);
  strictEqual(styles.length, 1);
  const [pairs = '', own = ''] = scripts;
  ok(pairs.startsWith('<script type="application/json" id="pairs-json">') && own.startsWith('<script>'));
  ok(!/[<>&\u2028\u2029]/.test(bodyOf(pairs)));
  JSON.parse(bodyOf(pairs));
  const markup = [...scripts, ...styles].reduce((rest, element) => rest.replace(element, () => ''), page);
  ok(!markup.includes('<!--') && !markup.includes('<![CDATA'));
  for (const [tag, name = '', attributes = ''] of markup.matchAll(/<\/?([^\s/>]*)([^>]*)>/g)) {
    if (tag === '<!doctype html>') continue;
    ok(ELEMENTS.has(name), tag);
    const bare = attributes.replaceAll(/([a-z0-9-]+)(?:="([^"<>]*)")?/gi, (_, attribute: string, value = '') => {
      ok(!LIVE.test(attribute), tag);
      if (/^(?:xlink:)?href$/i.test(attribute)) ok(/^(?:#[a-z]|\.\/)/.test(value), tag);
      return '';
    });
    ok(/^[\s/]*$/.test(bare), tag);
  }
}

/** Attributes that run or load something. */
const LIVE = /^(?:on.*|style|src|srcset|srcdoc|action|formaction|ping|background|data|poster)$/i;

/** With their tags, in order. */
const elements = (page: string, name: string): readonly string[] =>
  [...page.matchAll(new RegExp(`<${name}\\b[^>]*>[\\s\\S]*?</${name}>`, 'g'))].map(([element]) => element);

const bodyOf = (element: string): string => element.slice(element.indexOf('>') + 1, element.lastIndexOf('</'));

/** What the report's own code writes. */
const ELEMENTS = new Set(
  (
    'html head meta title body a nav ul li main section header footer h1 h2 h3 h4 p div span strong em code bdi dl dt dd ' +
    'table caption thead tbody tr th td details summary figure figcaption form label input select option button aside ' +
    'noscript time mark svg g path rect line circle text tspan defs clipPath pattern use desc polyline polygon'
  ).split(' '),
);
