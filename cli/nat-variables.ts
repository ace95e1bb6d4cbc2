export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A value of NAT's configuration with `$NAME`, `${NAME}` and `${NAME:-otherwise}` taken from the environment, as NAT does
 * in all of the file. A value that is nothing but a variable which is not set is undefined, and `unset` names that;
 * within a text such a variable is empty, as in NAT.
 */
export function interpolated(value: unknown, environment: Environment): { value: unknown; unset?: string } {
  if (typeof value === 'string') return interpolatedText(value, environment);
  if (Array.isArray(value)) return { value: value.map((entry) => interpolated(entry, environment).value ?? null) };
  if (typeof value !== 'object' || value === null) return { value };
  const fields = Object.entries(value).map(([name, inner]) => [name, interpolated(inner, environment).value]);
  return { value: Object.fromEntries(fields.filter(([, inner]) => inner !== undefined)) };
}

function interpolatedText(text: string, environment: Environment): { value: unknown; unset?: string } {
  // As a shell does: `:-` is for what is empty too.
  const lookUp = (name: string, otherwise: string | undefined) =>
    otherwise === undefined ? environment[name] : environment[name] || otherwise;
  const [whole, braced, otherwise, bare] = WHOLE.exec(text) ?? [];
  if (whole === undefined) {
    // Behind the last brace there is no more `${…}`: each that stays open would be followed to the text's end.
    const braced = text.lastIndexOf('}') + 1;
    const before = text.slice(0, braced).replaceAll(EACH, (_, name, or, plain) => lookUp(name ?? plain, or) ?? '');
    const behind = text.slice(braced).replaceAll(BARE, (_, name) => lookUp(name, undefined) ?? '');
    return { value: before + behind };
  }
  const name = braced ?? bare ?? '';
  const found = lookUp(name, otherwise);
  if (found === undefined) return { value: undefined, unset: name };
  // NAT puts the text in before it reads the YAML: a number is one, and so is a switch.
  return { value: SCALAR.test(found) ? JSON.parse(found) : found };
}

const VARIABLE = /\$(?:\{(\w+)(?::-([^}]*))?\}|([A-Za-z_]\w*))/;
const BARE = /\$([A-Za-z_]\w*)/g;
const EACH = new RegExp(VARIABLE, 'g');
const WHOLE = new RegExp(`^${VARIABLE.source}$`);
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
