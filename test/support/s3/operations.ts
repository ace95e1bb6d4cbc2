import type { IncomingHttpHeaders } from 'node:http';
import { crc32Of, decodeBody } from './body.ts';
import {
  complete,
  find,
  keysOf,
  type MemoryBucket,
  partOf,
  remove,
  requireAbsent,
  store,
  type Upload,
  type Version,
} from './bucket.ts';
import { S3Failure } from './failure.ts';
import { document, type Element, textsOf } from './xml.ts';

export interface S3Request {
  readonly operation: Operation;
  readonly bucketName: string;
  readonly bucket: MemoryBucket;
  readonly buckets: ReadonlyMap<string, MemoryBucket>;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  readonly minPartBytes: number;
  readonly pageSize: number;
}

export interface S3Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
}

export type Operation = keyof typeof operations;

/** The operation that S3 takes a request for, by its method and query. */
export function operationOf(
  method: string,
  key: string,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
): Operation {
  const upload = query.has('uploadId');
  if (method === 'GET' && key === '' && query.get('list-type') === '2') return 'ListObjectsV2';
  if (key === '') throw new S3Failure(501, 'NotImplemented', `${method} of a bucket`);
  if (method === 'GET') return 'GetObject';
  if (method === 'HEAD') return 'HeadObject';
  if (method === 'PUT' && upload) return headers['x-amz-copy-source'] ? 'UploadPartCopy' : 'UploadPart';
  if (method === 'PUT' && !headers['x-amz-copy-source']) return 'PutObject';
  if (method === 'POST' && query.has('uploads')) return 'CreateMultipartUpload';
  if (method === 'POST' && upload) return 'CompleteMultipartUpload';
  if (method === 'DELETE') return upload ? 'AbortMultipartUpload' : 'DeleteObject';
  throw new S3Failure(501, 'NotImplemented', method);
}

export const perform = (request: S3Request): S3Reply => operations[request.operation](request);

const operations = {
  GetObject: getObject,
  HeadObject: getObject,
  PutObject: putObject,
  DeleteObject: ({ bucket, key }: S3Request): S3Reply => {
    remove(bucket, key);
    return { status: 204 };
  },
  ListObjectsV2: listObjects,
  CreateMultipartUpload: createUpload,
  UploadPart: (request: S3Request): S3Reply => {
    const part = partOf(decodeBody(request.raw, request.headers));
    uploadOf(request).parts.set(partNumber(request), part);
    return { status: 200, headers: { etag: part.etag, 'x-amz-checksum-crc32': crc32Of(part.body) } };
  },
  UploadPartCopy: copyPart,
  CompleteMultipartUpload: completeUpload,
  AbortMultipartUpload: (request: S3Request): S3Reply => {
    request.bucket.uploads.delete(uploadOf(request).id);
    return { status: 204 };
  },
};

function getObject({ operation, bucket, key, query, headers }: S3Request): S3Reply {
  const version = find(bucket, key, query.get('versionId') ?? undefined);
  const match = headers['if-match'];
  if (match !== undefined && match !== version.etag) throw new S3Failure(412, 'PreconditionFailed');
  const size = version.body.length;
  const range = rangeOf(headers.range, size);
  const whole = range.start === 0 && range.end === size;
  const checksum = whole && headers['x-amz-checksum-mode'] === 'ENABLED';
  return {
    status: headers.range === undefined ? 200 : 206,
    headers: {
      ...identity(version),
      'content-type': version.contentType ?? 'application/octet-stream',
      'content-length': String(range.end - range.start),
      'accept-ranges': 'bytes',
      ...(headers.range !== undefined && { 'content-range': `bytes ${range.start}-${range.end - 1}/${size}` }),
      ...(checksum && { 'x-amz-checksum-crc32': version.crc32, 'x-amz-checksum-type': 'FULL_OBJECT' }),
    },
    ...(operation === 'GetObject' && { body: version.body.subarray(range.start, range.end) }),
  };
}

function putObject({ bucket, key, headers, raw }: S3Request): S3Reply {
  const body = decodeBody(raw, headers);
  requireAbsent(bucket, key, headers['if-none-match']);
  const version = store(bucket, key, body, { contentType: headers['content-type'] });
  return { status: 200, headers: { ...identity(version), 'x-amz-checksum-crc32': version.crc32 } };
}

function listObjects({ bucket, bucketName, query, pageSize }: S3Request): S3Reply {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter');
  const encoding = query.get('encoding-type');
  // As MinIO and versitygw have it; AWS writes a reference to the character, which no XML 1.0 may have either.
  const asText = (key: string): string => key.replaceAll(/[^\P{Cc}\t\n\r]/gu, '\ufffd');
  const token = query.get('continuation-token');
  const after = Buffer.from(token ?? '', 'base64');
  const keys = keysOf(bucket).filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), after) > 0);
  const page = keys.slice(0, Math.min(pageSize, Number(query.get('max-keys') ?? pageSize)));
  const truncated = page.length < keys.length;
  // What lies below a delimiter is counted in the page, and named by no more than its folder; nobody here asks for those.
  const shown = page.filter((key) => delimiter === null || !key.slice(prefix.length).includes(delimiter));
  const contents = shown.map((key): Element => {
    const { body, etag, modified } = find(bucket, key, undefined);
    return [
      'Contents',
      [
        ['Key', encoding === 'url' ? new URLSearchParams([[key, '']]).toString().slice(0, -1) : asText(key)],
        ['LastModified', modified.toISOString()],
        ['ETag', etag],
        ['Size', body.length],
        ['StorageClass', 'STANDARD'],
      ],
    ];
  });
  const next: Element = ['NextContinuationToken', Buffer.from(page.at(-1) ?? '').toString('base64')];
  return xml('ListBucketResult', [
    ['Name', bucketName],
    ['Prefix', prefix],
    ['KeyCount', page.length],
    ['MaxKeys', pageSize],
    ['IsTruncated', truncated],
    ...(encoding === null ? [] : [['EncodingType', encoding] as const]),
    ...(truncated ? [next] : []),
    ...contents,
  ]);
}

let uploads = 0;

function createUpload({ bucket, bucketName, key, headers }: S3Request): S3Reply {
  const id = `upload-${++uploads}`;
  const fullObject = headers['x-amz-checksum-type'] === 'FULL_OBJECT';
  bucket.uploads.set(id, { id, key, fullObject, parts: new Map() });
  return xml('InitiateMultipartUploadResult', [
    ['Bucket', bucketName],
    ['Key', key],
    ['UploadId', id],
  ]);
}

function copyPart(request: S3Request): S3Reply {
  const { buckets, headers, minPartBytes } = request;
  const upload = uploadOf(request);
  const { bucketName, key, version } = copySourceOf(request);
  const source = buckets.get(bucketName);
  if (!source) throw new S3Failure(404, 'NoSuchBucket');
  const { body } = find(source, key, version);
  const range = headers['x-amz-copy-source-range'];
  if (range !== undefined && body.length < minPartBytes) {
    throw new S3Failure(400, 'InvalidRequest', 'The source is too small to copy a range of');
  }
  const { start, end, asked } = rangeOf(range === undefined ? undefined : String(range), body.length);
  if (asked > end) throw new S3Failure(400, 'InvalidArgument', `Range ${range} is not valid for ${body.length} bytes`);
  const part = partOf(body.subarray(start, end));
  upload.parts.set(partNumber(request), part);
  return xml('CopyPartResult', [
    ['ETag', part.etag],
    ['ChecksumCRC32', crc32Of(part.body)],
  ]);
}

/** The object that an UploadPartCopy copies from. */
export function copySourceOf({ headers }: Pick<S3Request, 'headers'>) {
  const [, bucketName = '', key = '', version] =
    /^\/?([^/]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(String(headers['x-amz-copy-source'])) ?? [];
  return { bucketName, key: decodeURIComponent(key), version };
}

function completeUpload(request: S3Request): S3Reply {
  const { bucket, bucketName, key, headers, minPartBytes } = request;
  const upload = uploadOf(request);
  const text = request.raw.toString();
  const numberOf = (value: string | string[] | undefined) => (value === undefined ? undefined : Number(value));
  const parts = [...text.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(textsOf(part, 'PartNumber')[0]),
    etag: textsOf(part, 'ETag')[0] ?? '',
    crc32: textsOf(part, 'ChecksumCRC32')[0],
  }));
  const version = complete(
    bucket,
    upload,
    {
      parts,
      crc32: headers['x-amz-checksum-crc32']?.toString(),
      bytes: numberOf(headers['x-amz-mp-object-size']),
      ifNoneMatch: headers['if-none-match'],
    },
    minPartBytes,
  );
  return {
    ...xml('CompleteMultipartUploadResult', [
      ['Bucket', bucketName],
      ['Key', key],
      ['ETag', version.etag],
      ['ChecksumCRC32', version.crc32],
      ['ChecksumType', upload.fullObject ? 'FULL_OBJECT' : 'COMPOSITE'],
    ]),
    headers: identity(version),
  };
}

function uploadOf({ bucket, key, query }: S3Request): Upload {
  const upload = bucket.uploads.get(query.get('uploadId') ?? '');
  if (upload?.key !== key) throw new S3Failure(404, 'NoSuchUpload');
  return upload;
}

function partNumber({ query }: S3Request): number {
  const number = Number(query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > 10_000) throw new S3Failure(400, 'InvalidArgument');
  return number;
}

function rangeOf(header: string | undefined, size: number): { start: number; end: number; asked: number } {
  if (header === undefined) return { start: 0, end: size, asked: size };
  const [, start, last] = /^bytes=(\d+)-(\d*)$/.exec(header) ?? [];
  if (start === undefined) throw new S3Failure(501, 'NotImplemented', `Range ${header}`);
  if (Number(start) >= size) throw new S3Failure(416, 'InvalidRange');
  const asked = last ? Number(last) + 1 : size;
  return { start: Number(start), end: Math.min(asked, size), asked };
}

const identity = ({ etag, id }: Version): Record<string, string> => ({
  etag,
  ...(id !== undefined && { 'x-amz-version-id': id }),
});

const xml = (name: string, content: readonly Element[]): S3Reply => ({ status: 200, body: document(name, content) });
