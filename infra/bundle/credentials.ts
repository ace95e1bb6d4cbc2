import { type FromEnvInit, fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * In a bundle, in the place of `@aws-sdk/credential-provider-node`: Lambda puts a function's credentials into its
 * environment. The SDK's own chain also brings SSO, STS, IMDS and profiles, 110 KB, to look where nothing is.
 */
export const defaultProvider = (init?: FromEnvInit) => fromEnv(init);
