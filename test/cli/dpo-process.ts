import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DpoOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Sent on standard input; nothing is sent where left out. */
  readonly input?: string | Uint8Array;
  /** This checkout if left out. */
  readonly cwd?: string;
  /** SIGINT is sent once, when stderr matches. */
  readonly interruptAt?: RegExp;
  /** SIGINT is sent once, when this is over. */
  readonly interruptAfter?: () => Promise<unknown>;
  /** As that, but it ends at once and can do nothing more. */
  readonly killAt?: RegExp;
}

/** Runs the `dpo` of this checkout as its own process. */
export function dpo(
  args: readonly string[],
  { env, input, cwd = ROOT, interruptAt, interruptAfter, killAt }: DpoOptions = {},
): Promise<Ended> {
  const { DEBUG: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: { ...inherited, NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A command that reads none may have ended.
  child.stdin.on('error', () => {}).end(input);
  let stdout = '';
  let stderr = '';
  let interrupted = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (interruptAt?.test(stderr) && !interrupted) interrupted = child.kill('SIGINT');
    if (killAt?.test(stderr)) child.kill('SIGKILL');
  });
  void interruptAfter?.().then(() => child.kill('SIGINT'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = fileURLToPath(new URL('../../cli/dpo.ts', import.meta.url));
