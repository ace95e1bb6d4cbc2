import { execFile, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { type Environment, pythonOf } from '../python.ts';

/** What is compared with: NAT as it is released. */
const REQUIREMENTS = [
  'nvidia-nat-core[async-endpoints]==1.9.0',
  'nvidia-nat-eval[full]==1.9.0',
  'nvidia-nat-nemo-customizer==1.9.0',
  'nvidia-nat-profiler==1.9.0',
  // NAT imports it and does not declare it.
  'langchain-core==1.8.3',
];

/** The SDKs' typed requests. The platform's own requirements are its servers'. */
const SDKS = {
  requirements: ['nemo-microservices==1.5.0', 'pydantic', 'httpx', 'anyio', 'distro', 'sniffio', 'typing-extensions'],
  alone: ['nemo-platform==0.3.0'],
};

export interface Toolkit {
  readonly python: string;
  /** NAT's command. */
  readonly nat: string;
}

/** NAT, installed once. Where it cannot be, that is an error: nothing is skipped. */
export async function installToolkit(): Promise<Toolkit> {
  const python = await install({ name: 'nat', requirements: REQUIREMENTS });
  return { python, nat: `${dirname(python)}/nat` };
}

export const installSdks = async (): Promise<Pick<Toolkit, 'python'>> => ({
  python: await install({ name: 'nemo-sdks', ...SDKS }),
});

async function install(environment: Environment): Promise<string> {
  const interpreter = await findPython();
  return pythonOf({ ...environment, interpreter }).catch((cause: unknown) => {
    throw notInstalled(environment, cause instanceof Error ? cause.message.slice(-2000) : String(cause), cause);
  });
}

/** NAT runs on 3.11 to 3.13. */
async function findPython(): Promise<string> {
  for (const name of ['python3.12', 'python3.13', 'python3.11', 'python3']) {
    const version = ['-c', 'import sys; print(sys.version_info[:2] in [(3, 11), (3, 12), (3, 13)])'];
    const found = await promisify(execFile)(name, version).catch(() => undefined);
    if (found?.stdout.trim() === 'True') return name;
  }
  throw new Error('There is no Python 3.11, 3.12 or 3.13 to install NAT with, and nothing can be compared with it.');
}

const notInstalled = ({ name, requirements, alone = [] }: Environment, why: string, cause: unknown): Error =>
  new Error(
    `${name} (${[...requirements, ...alone].join(', ')}) cannot be installed, and nothing can be compared with it: ${why}`,
    { cause },
  );

/** Gives a Python program lines of JSON, and takes a line back for each. */
export async function askPython(
  { python }: Pick<Toolkit, 'python'>,
  program: string,
  cases: readonly unknown[],
): Promise<unknown[]> {
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
