import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { S3Failure } from './failure.ts';

/** A request's body as the client meant it: aws-chunked framing removed, every checksum that came along verified. */
export function decodeBody(raw: Buffer, headers: IncomingHttpHeaders): Buffer {
  const sha256 = String(headers['x-amz-content-sha256'] ?? '');
  const chunked = sha256.startsWith('STREAMING-');
  const { body, trailers } = chunked ? unchunk(raw) : { body: raw, trailers: new Map<string, string>() };
  const meant = headers['x-amz-decoded-content-length'];
  if (meant !== undefined && Number(meant) !== body.length) {
    throw new S3Failure(400, 'IncompleteBody', `${body.length} bytes instead of ${meant}`);
  }
  if (/^[0-9a-f]{64}$/.test(sha256) && sha256 !== createHash('sha256').update(body).digest('hex')) {
    throw new S3Failure(400, 'XAmzContentSHA256Mismatch', 'The body is not what was signed');
  }
  const promised = headers['x-amz-trailer'];
  if (promised !== undefined && !trailers.has(String(promised))) {
    throw new S3Failure(400, 'MalformedTrailerError', `The trailer ${promised} is missing`);
  }
  const all = [...Object.entries(headers), ...trailers];
  for (const [name, value] of all) {
    if (name === 'content-md5') verify(name, value, createHash('md5').update(body).digest('base64'));
    const algorithm = /^x-amz-checksum-(?!type$|mode$|algorithm$)(\w+)$/.exec(name)?.[1];
    if (algorithm) verify(name, value, checksumOf(algorithm, body));
  }
  return body;
}

export function crc32Of(body: Uint8Array): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

function unchunk(raw: Buffer): { body: Buffer; trailers: Map<string, string> } {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const eol = raw.indexOf('\r\n', at);
    const size = eol < 0 ? Number.NaN : Number.parseInt(raw.toString('latin1', at, eol).split(';')[0] ?? '', 16);
    if (Number.isNaN(size)) throw new S3Failure(400, 'IncompleteBody', 'A chunk has no size');
    at = eol + 2;
    if (size === 0) return { body: Buffer.concat(chunks), trailers: trailersOf(raw.toString('latin1', at)) };
    chunks.push(raw.subarray(at, at + size));
    at += size + 2;
  }
}

function trailersOf(text: string): Map<string, string> {
  const lines = text.split('\r\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
}

function checksumOf(algorithm: string, body: Buffer): string {
  if (algorithm === 'crc32') return crc32Of(body);
  if (algorithm === 'sha1' || algorithm === 'sha256') return createHash(algorithm).update(body).digest('base64');
  throw new S3Failure(501, 'NotImplemented', `Checksum ${algorithm}`);
}

function verify(name: string, sent: unknown, found: string): void {
  if (sent !== found) throw new S3Failure(400, 'BadDigest', `${name} is ${sent}, the body has ${found}`);
}
