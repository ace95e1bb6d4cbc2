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
  if (whole === undefined)
    return { value: text.replaceAll(EACH, (_, name, or, plain) => lookUp(name ?? plain, or) ?? '') };
  const name = braced ?? bare ?? '';
  const found = lookUp(name, otherwise);
  if (found === undefined) return { value: undefined, unset: name };
  // NAT puts the text in before it reads the YAML: a number is one, and so is a switch.
  return { value: SCALAR.test(found) ? JSON.parse(found) : found };
}

const VARIABLE = /\$(?:\{(\w+)(?::-([^}]*))?\}|([A-Za-z_]\w*))/;
const EACH = new RegExp(VARIABLE, 'g');
const WHOLE = new RegExp(`^${VARIABLE.source}$`);
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
