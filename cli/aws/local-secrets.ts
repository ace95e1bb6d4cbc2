import { InvalidRequest } from '../../lib/errors.ts';
import { isSettings } from '../settings.ts';

/** Refuses a secret that only this machine has, before the run has done all but what needs it. */
export function refuseLocalSecrets(request: object): void {
  for (const [setting, value] of leaves(request)) {
    if (!setting.endsWith('_secret_arn') || typeof value !== 'string' || !value.startsWith('env:')) continue;
    throw new InvalidRequest(
      `${setting} is a secret of this machine (${value}), which AWS cannot read. Name a Secrets Manager secret by its ARN. A token in plain text (NAT's hf_token) also counts as a secret of this machine.`,
    );
  }
}

const leaves = (value: unknown, path: readonly string[] = []): (readonly [string, unknown])[] =>
  isSettings(value)
    ? Object.entries(value).flatMap(([key, below]) => leaves(below, [...path, key]))
    : [[path.join('.'), value]];
