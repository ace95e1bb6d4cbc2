import * as z from 'zod';
import { isPlainUrl } from './plain-url.ts';

/** Protocol, host and port, as a URL has them: `https://agent.example.com`, `http://10.0.0.7:8000`. */
const Origin = z
  .url({ protocol: /^https?$/, error: 'must be an origin such as https://agent.example.com' })
  .refine((url) => isPlainUrl(url) && (!URL.canParse(url) || new URL(url).pathname === '/'), {
    error: 'must be an origin: protocol, host and port, without a path',
  })
  .transform((url) => new URL(url).origin);

/** A whole ARN, or its beginning and `??????` for the six characters that Secrets Manager adds. */
const SecretArn = z.string().regex(/^arn:[\w-]+:secretsmanager:\S+$/, 'must be the ARN of a Secrets Manager secret');

const common = {
  origin: Origin,
  /** The secrets that may be sent there, for this purpose. */
  secretArns: z.array(SecretArn).default([]),
};

/** Lists of names: one that is left out allows none. */
const names = z.array(z.string().min(1)).default([]);

/** One place that a stack lets runs send something to. */
export const AllowedEndpoint = z.discriminatedUnion('purpose', [
  z.strictObject({ ...common, purpose: z.literal('workflow') }),
  z.strictObject({
    ...common,
    purpose: z.literal('training'),
    /** NeMo Customizer's namespaces that runs may train in. */
    namespaces: names,
    /** NeMo Platform's workspaces that runs may train in. */
    workspaces: names,
    /** Container images that runs may deploy: `name`, with any tag, or `name:tag`. */
    images: names,
  }),
]);
export type AllowedEndpoint = z.infer<typeof AllowedEndpoint>;
export type EndpointPurpose = AllowedEndpoint['purpose'];

/**
 * All places that a stack lets runs send something to; no other gets a byte. A secret belongs to one of them: a second
 * one could have what is meant for the first.
 */
export const AllowedEndpoints = z.array(AllowedEndpoint).superRefine((endpoints, { addIssue }) => {
  for (const twice of repeated(endpoints.map(({ origin, purpose }) => `${origin} for ${purpose}`))) {
    addIssue({ code: 'custom', message: `lists ${twice} twice: write one entry` });
  }
  for (const twice of repeated(endpoints.flatMap(({ secretArns }) => secretArns))) {
    addIssue({
      code: 'custom',
      message: `gives the secret ${twice} to two endpoints: a secret has one origin and one purpose. Store a second secret`,
    });
  }
});
export type AllowedEndpoints = z.infer<typeof AllowedEndpoints>;

const repeated = (texts: readonly string[]): readonly string[] => [
  ...new Set(texts.filter((text, at) => texts.indexOf(text) !== at)),
];

/** The entry of the endpoint's origin for this purpose. */
export const findEndpoint = <Purpose extends EndpointPurpose>(
  endpoints: AllowedEndpoints,
  purpose: Purpose,
  url: string,
): Extract<AllowedEndpoint, { purpose: Purpose }> | undefined => {
  if (!URL.canParse(url)) return undefined;
  const { origin } = new URL(url);
  const isMeant = (one: AllowedEndpoint): one is Extract<AllowedEndpoint, { purpose: Purpose }> =>
    one.purpose === purpose && one.origin === origin;
  return endpoints.find(isMeant);
};

/** Whether the stack binds the secret to this endpoint. */
export const hasSecret = ({ secretArns }: Pick<AllowedEndpoint, 'secretArns'>, secret: string): boolean =>
  secretArns.some((listed) => {
    const beginning = listed.endsWith(ANY_SIX) ? listed.slice(0, -ANY_SIX.length) : undefined;
    if (beginning === undefined) return listed === secret;
    return secret.startsWith(beginning) && /^[A-Za-z0-9]{6}$/.test(secret.slice(beginning.length));
  });

const ANY_SIX = '??????';
