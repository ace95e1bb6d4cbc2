import { InvalidRequest } from '../lib/errors.ts';
import type { Variables } from './nat-variables.ts';
import { isSettings, type Settings } from './settings.ts';

/**
 * Refuses what the environment put into NAT's settings where it would be kept: a request is written into the run's folder,
 * and nobody can tell a secret from another value. `request` is without the tokens that have a place of their own. `nat` are
 * the settings of the configuration, `own` those that the person gives, which come over them. Throws {@link InvalidRequest}.
 */
export function refuseWrittenVariables(
  request: Settings,
  { nat, own }: { readonly nat: Settings; readonly own: Settings },
  { values }: Pick<Variables, 'values'>,
): void {
  const kept = [...values].filter(([, value]) => value.length >= SHORTEST);
  for (const [setting, text] of textsOf(request, { nat, own })) {
    const [name] = kept.find(([, value]) => text.includes(value)) ?? [];
    if (name === undefined) continue;
    throw new InvalidRequest(
      `--nat-config puts \${${name}} into ${setting}. request.json would keep it, and it may be a secret. If it is not a secret, set it yourself: --set ${setting}="$${name}". A token belongs in hf_token, or in a secret named by auth_secret_arn.`,
    );
  }
}

/** Shorter ones (a number of epochs, a word) are no secrets, and sure to be part of something else. */
const SHORTEST = 6;

/** What of the request comes from NAT's configuration: the setting and its text. */
function textsOf(
  request: unknown,
  { nat, own }: { readonly nat: unknown; readonly own: unknown },
  path = '',
): (readonly [string, string])[] {
  if (nat === undefined || (own !== undefined && !isSettings(own))) return [];
  if (typeof request === 'string' || typeof request === 'number') return [[path, String(request)]];
  const entries = isSettings(request) || Array.isArray(request) ? Object.entries(request) : [];
  return entries.flatMap(([key, below]) =>
    textsOf(below, { nat: at(nat, key), own: at(own, key) }, path === '' ? key : `${path}.${key}`),
  );
}

const at = (settings: unknown, key: string): unknown =>
  (isSettings(settings) || Array.isArray(settings)) && Object.hasOwn(settings, key)
    ? Reflect.get(settings, key)
    : undefined;
