/** A table in Markdown; the columns after the first `texts` hold numbers. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[], texts = 1): string {
  const lines = [head, head.map((_, column) => (column < texts ? '---' : '---:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export const NOT_MEASURED = 'Not measured yet.';
