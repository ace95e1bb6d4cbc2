import * as z from 'zod';

/** What a setting holds in place of a secret: the name of one. A secret in plain text is none. */
export const SecretName = z
  .string()
  .regex(/^(arn:[\w-]+:secretsmanager:\S+|env:[A-Za-z_]\w*)$/, 'must be the ARN of a Secrets Manager secret')
  .nullable()
  .default(null);
