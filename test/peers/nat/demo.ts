import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Toolkit } from './toolkit.ts';

const DEMO = new URL('python/demo.py', import.meta.url).pathname;
const ENVIRONMENT = { ...process.env, NAT_TELEMETRY_ENABLED: 'false' };

/** Runs `nat eval` in the folder with this configuration, and gives the text of `out/workflow_output.json`. */
export async function evaluate(
  { python }: Toolkit,
  folder: string,
  config: object,
  flags: readonly string[] = [],
): Promise<string> {
  // A configuration in JSON is one in YAML.
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
  const command = [DEMO, 'eval', '--config_file', 'config.yml', ...flags];
  await promisify(execFile)(python, command, { cwd: folder, env: ENVIRONMENT, maxBuffer: 2 ** 26 });
  return readFile(join(folder, 'out', 'workflow_output.json'), 'utf8');
}

/** Runs `nat serve` for a workflow until it is stopped. */
export async function serve({ python }: Toolkit, folder: string, workflow: object) {
  const port = await freePort();
  const config = join(folder, `serve-${port}.yml`);
  // By default it starts eleven processes for jobs that nobody gives it here.
  const front_end = { _type: 'fastapi', dask_workers: 'threads', max_running_async_jobs: 1 };
  await writeFile(config, JSON.stringify({ general: { front_end }, workflow }));
  const command = [DEMO, 'serve', '--config_file', config, '--host', '127.0.0.1', '--port', String(port)];
  const child = spawn(python, command, { cwd: folder, env: ENVIRONMENT, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const up = await fetch(`${endpoint}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) break;
    if (tries > 240 || child.exitCode !== null) throw new Error(`nat serve did not start (${child.exitCode})`);
    await wait(500);
  }
  return {
    endpoint,
    async stop() {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(force);
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
