import { InvalidRequest } from '../lib/errors.ts';
import type { Variables } from './nat-variables.ts';
import { isSettings, type Settings } from './settings.ts';

/**
 * Refuses a secret of the environment where it would be kept: a request is written into the run's folder. `settings` are
 * without the tokens that have a place of their own. Throws {@link InvalidRequest}.
 */
export function refuseWrittenSecrets(settings: Settings, { values }: Pick<Variables, 'values'>): void {
  const secrets = [...values].filter(([name, value]) => isSecret(name, value));
  for (const [setting, text] of texts(settings)) {
    const [name] = secrets.find(([, value]) => text.includes(value)) ?? [];
    if (name === undefined) continue;
    throw new InvalidRequest(
      `--nat-config puts \${${name}} into ${setting}, which request.json keeps, and by its name or form it is a secret. Take it out; a token belongs in hf_token, or in a secret named by auth_secret_arn.`,
    );
  }
}

/** Shorter ones are no secrets, and sure to be part of something else. */
const SHORTEST = 6;

const isSecret = (name: string, value: string): boolean =>
  value.length >= SHORTEST && (SECRET_NAME.test(name) || SECRET_FORM.test(value));

const SECRET_NAME = /TOKEN|SECRET|PASSW|CREDENTIAL|(?:^|_)(?:API_?)?KEY(?:_|$)|_PAT$/i;
/** As tokens of Hugging Face, OpenAI, NVIDIA, GitHub and AWS begin. */
const SECRET_FORM = /^(?:hf_|sk-|nvapi-|gh[pousr]_|github_pat_|AKIA|ASIA)/;

const texts = (value: unknown, path = ''): (readonly [string, string])[] => {
  if (typeof value === 'string') return [[path, value]];
  const entries = isSettings(value) || Array.isArray(value) ? Object.entries(value) : [];
  return entries.flatMap(([key, below]) => texts(below, path === '' ? key : `${path}.${key}`));
};
