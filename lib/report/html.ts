/** Text that is HTML already. Only {@link html} makes it, so whatever else meets a template is escaped. */
export type Markup = { readonly markup: string };

type Part = Markup | string | number | false | null | undefined | readonly Part[];

/** A template of HTML or SVG: text is escaped, markup goes in as it is, lists are joined, `false` and null are nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Part[]): Markup {
  let markup = parts[0] ?? '';
  values.forEach((value, index) => {
    markup += asMarkup(value) + (parts[index + 1] ?? '');
  });
  return { markup };
}

/** Goes in unescaped: for the project's own style and script only. */
export const trusted = (markup: string): Markup => ({ markup });

/** Escaped for element content and quoted attributes. What HTML cannot hold, NUL and lone surrogates, becomes U+FFFD. */
export const escapeHtml = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll('\0', '\uFFFD')
    .replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);

/**
 * JSON that may stand in a `<script type="application/json">`: no `<` can end the element or open a comment, and
 * neither U+2028 nor U+2029 ends a line.
 */
export const embedJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function asMarkup(value: Part): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return 'markup' in value ? value.markup : value.map(asMarkup).join('');
}
