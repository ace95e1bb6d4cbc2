import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';

/** A server that others wrote, as a process of its own. */
export interface ServerProcess {
  readonly endpoint: string;
  /** Ends it at once, as a machine that loses its power. */
  kill(): Promise<void>;
  /** Starts it again, at the same endpoint, over the files that it had. */
  restart(): Promise<void>;
  /** What it printed, the end of it. */
  printed(): string;
  close(): Promise<void>;
}

export interface Program {
  readonly command: string;
  readonly args: (port: number) => readonly string[];
  readonly env: (port: number) => Readonly<Record<string, string>>;
  /** Whether it is at work. */
  readonly answers: (endpoint: string) => Promise<boolean>;
}

export async function startProcess(program: Program): Promise<ServerProcess> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  let printed = '';
  let child: ChildProcess | undefined;
  const start = async () => {
    const started = spawn(program.command, program.args(port), {
      env: { ...process.env, ...program.env(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed = (printed + text).slice(-20_000);
      });
    }
    for (let tries = 0; tries < 600; tries++) {
      if (started.exitCode !== null) break;
      if (await program.answers(endpoint).catch(() => false)) return;
      await wait(200);
    }
    throw new Error(`${program.command} is not at work: ${printed.slice(-3_000)}`);
  };
  const end = async (signal: NodeJS.Signals) => {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once('close', resolve));
    ending.kill(signal);
    // One that does not heed SIGTERM.
    const late = setTimeout(() => ending.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
  };
  // Also where a test fails before it can close what it started.
  process.once('exit', () => child?.kill('SIGKILL'));
  await start();
  return {
    endpoint,
    kill: () => end('SIGKILL'),
    restart: start,
    printed: () => printed,
    close: () => end('SIGTERM'),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  await new Promise((closed) => server.close(closed));
  return port;
}
