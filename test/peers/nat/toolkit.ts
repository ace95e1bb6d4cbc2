import { execFile, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { pythonOf } from '../python.ts';

/** What is compared with: NAT as it is released, and the SDK of the services that train. */
const REQUIREMENTS = [
  'nvidia-nat-core[async-endpoints]==1.9.0',
  'nvidia-nat-eval[full]==1.9.0',
  'nvidia-nat-nemo-customizer==1.9.0',
  // NAT imports it and does not declare it.
  'langchain-core==1.8.3',
  'nemo-microservices==1.5.0',
];

export interface Toolkit {
  readonly python: string;
  /** NAT's command. */
  readonly nat: string;
}

/** NAT, installed once. Where it cannot be, that is an error: nothing is skipped. */
export async function installToolkit(): Promise<Toolkit> {
  const interpreter = await findPython();
  const python = await pythonOf({ name: 'nat', requirements: REQUIREMENTS, interpreter }).catch((cause: unknown) => {
    throw notInstalled(cause instanceof Error ? cause.message.slice(-2000) : String(cause), cause);
  });
  return { python, nat: `${dirname(python)}/nat` };
}

/** NAT runs on 3.11 to 3.13. */
async function findPython(): Promise<string> {
  for (const name of ['python3.12', 'python3.13', 'python3.11', 'python3']) {
    const version = ['-c', 'import sys; print(sys.version_info[:2] in [(3, 11), (3, 12), (3, 13)])'];
    const found = await promisify(execFile)(name, version).catch(() => undefined);
    if (found?.stdout.trim() === 'True') return name;
  }
  throw notInstalled('there is no Python 3.11, 3.12 or 3.13');
}

const notInstalled = (why: string, cause?: unknown): Error =>
  new Error(`NAT 1.9.0 cannot be installed, and nothing can be compared with it: ${why}`, { cause });

/** Gives a Python program lines of JSON, and takes a line back for each. */
export async function askPython({ python }: Toolkit, program: string, cases: readonly unknown[]): Promise<unknown[]> {
  const script = new URL(`python/${program}`, import.meta.url).pathname;
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  child.stdin.on('error', () => {});
  child.stdin.end(cases.map((one) => `${JSON.stringify(one)}\n`).join(''));
  let text = '';
  for await (const piece of child.stdout.setEncoding('utf8')) text += piece;
  const code = await ended;
  const answers = text.split('\n').slice(0, -1);
  if (code !== 0 || answers.length !== cases.length) {
    throw new Error(
      `${program} ended with ${code} after ${answers.length} of ${cases.length} cases: ${errors.join('').slice(-3000)}`,
    );
  }
  return answers.map((line) => JSON.parse(line));
}
