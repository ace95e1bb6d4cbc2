import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installed } from '../installed.ts';
import { type ServerProcess, startProcess } from './server-process.ts';

const MODULE = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';

export const KEYS = { accessKeyId: 'test', secretAccessKey: 'test-secret' } as const;

/** The Versity S3 gateway over a folder: it checks signatures, checksums and conditions. */
export async function startVersityGateway(): Promise<ServerProcess> {
  const bin = await installed('versitygw', [MODULE], async (folder) => {
    await promisify(execFile)('go', ['install', MODULE], { env: { ...process.env, GOBIN: folder } });
  });
  const folder = await mkdtemp(join(tmpdir(), 'versitygw-'));
  const [objects, versions] = [join(folder, 'objects'), join(folder, 'versions')];
  await Promise.all([mkdir(objects), mkdir(versions)]);
  const server = await startProcess({
    command: join(bin, 'versitygw'),
    args: (port) => [
      ...['--access', KEYS.accessKeyId, '--secret', KEYS.secretAccessKey, '--quiet', '--keep-alive'],
      ...['--port', `127.0.0.1:${port}`, 'posix', '--versioning-dir', versions, objects],
    ],
    env: () => ({}),
    // Whatever it says without a signature.
    answers: async (endpoint) => (await fetch(endpoint)).status > 0,
  });
  return {
    ...server,
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
