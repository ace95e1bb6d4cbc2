import * as z from 'zod';
import { CorruptObject, ObjectNotFound, PipelineError, StoreRefused, StoreUnavailable } from '../../lib/errors.ts';
import type { Bucket } from './bucket.ts';

/**
 * What an error of the SDK means to the pipeline. The SDK has retried by now whatever it thinks can be retried.
 * The original stays as `cause`.
 */
export function storeError(bucket: Bucket, key: string, error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const { code, status, text } = answerOf(error);
  const place = `s3://${bucket.name}/${key}`;
  const answer = wordsOf({ code, status, text });
  const options = { cause: error };
  if (code === 'NoSuchBucket') {
    return new StoreRefused(
      `S3 has no bucket "${bucket.name}" (asked for "${key}"): check its name and the region.`,
      options,
    );
  }
  if (DIGEST_CODES.has(code)) {
    return new CorruptObject(
      `S3 received other bytes for ${place} than the run sent: ${answer}. Run the step again.`,
      options,
    );
  }
  if (code !== 'NoSuchUpload' && status === 404) {
    return new ObjectNotFound(`${place} does not exist: check the key.`, options);
  }
  if (code === 'CredentialsProviderError' || text.includes('Region is missing')) {
    return new StoreRefused(
      `No access to ${place}: ${text}. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_REGION.`,
      options,
    );
  }
  if (CREDENTIAL_CODES.has(code) || status === 401 || status === 403) {
    return new StoreRefused(
      `S3 refused ${place}: ${answer}. Check that the credentials allow s3:GetObject, s3:GetObjectVersion, s3:PutObject and s3:ListBucket on bucket "${bucket.name}" (without s3:ListBucket a missing key is refused too; the functions of a stack may use only buckets of their own account).`,
      options,
    );
  }
  if (status !== undefined && staysRefused(status) && code !== 'NoSuchUpload') {
    return new StoreRefused(
      `S3 refused the request for ${place}: ${answer}. Check the bucket's region and settings, and the key.`,
      options,
    );
  }
  return new StoreUnavailable(
    `S3 could not be reached, or failed repeatedly, for ${place}: ${answer}. Try again.`,
    options,
  );
}

/** What the server says, in its own words, where it says more than its code. */
export function wordsOf({ code, status, text }: Answer): string {
  if (status === undefined) return text;
  // The answer to a HEAD has no body.
  if (code === 'Unknown') return `HTTP ${status} without a reason`;
  const said = text.trim().replace(/\.$/, '');
  return said === '' || said === code ? `${code} (HTTP ${status})` : `${code} (HTTP ${status}): ${said}`;
}

/** The server understood the credentials and not the request: another that AWS takes as well may pass. */
export function isNotUnderstood(error: unknown): boolean {
  const { code, status } = answerOf(error);
  return (status === 400 || status === 405 || status === 501) && !CREDENTIAL_CODES.has(code);
}

/** S3's error code and the HTTP status, where there was an answer. */
export function answerOf(error: unknown): Answer {
  const seen = SdkError.safeParse(error);
  if (!seen.success) return { code: 'Unknown', status: undefined, text: String(error) };
  const { name, message, code, $metadata } = seen.data;
  return { code: name, status: $metadata?.httpStatusCode, text: message || code || name };
}

export interface Answer {
  readonly code: string;
  readonly status: number | undefined;
  readonly text: string;
}

// Not strict: these are the few fields read of the SDK's many error classes.
const SdkError = z.object({
  name: z.string(),
  message: z.string().catch(''),
  code: z.string().optional().catch(undefined),
  $metadata: z.object({ httpStatusCode: z.number().optional() }).optional().catch(undefined),
});

const DIGEST_CODES: ReadonlySet<string> = new Set(['BadDigest', 'InvalidDigest', 'XAmzContentSHA256Mismatch']);
/** Some of these come with HTTP 400. */
const CREDENTIAL_CODES: ReadonlySet<string> = new Set([
  'AccessDenied',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
]);
/** Timeout, conflict, too many requests: gone the next time. */
const PASSING_STATUS: ReadonlySet<number> = new Set([408, 409, 429]);
/** What the server does not implement, it will not implement a minute later. */
const staysRefused = (status: number): boolean =>
  status === 501 || (status >= 300 && status < 500 && !PASSING_STATUS.has(status));
