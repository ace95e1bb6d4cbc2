import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { CUT_OFF } from '../../lib/contract/ended-execution.ts';
import { STEP_FUNCTIONS_ERROR } from '../../lib/contract/failure.ts';
import { ADVICE } from '../../lib/contract/what-to-do.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');

/** Every error that a run can end in by its own name; `cli/` has some of a command's own. */
const NAMES = ['lib', 'functions'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [
      ...readFileSync(join(ROOT, folder, name), 'utf8').matchAll(/class (\w+) extends PipelineError/g),
    ])
    .map(([, name = '']) => name),
);

test.each(NAMES)('failure.json says what to do about %s', (name) => {
  expect(Object.keys(ADVICE)).toContain(name);
});

test.each(Object.keys(ADVICE))(
  '%s is an error of ours or of AWS, or how an execution was cut off, and has its line in docs/operations.md',
  (name) => {
    if (!/^(?:States|Lambda|Runtime|Sandbox)\./.test(name)) {
      expect([...NAMES, ...CUT_OFF, STEP_FUNCTIONS_ERROR]).toContain(name);
    }
    // Once: that the line is the code's own, generated.test.ts holds.
    expect(PAGE.match(new RegExp(`^\\|[^|]*\`${RegExp.escape(name)}\``, 'gm'))).toHaveLength(1);
  },
);
