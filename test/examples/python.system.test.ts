import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../docs/pages.ts';

/* The module for Python with the standard library alone, and the `dpo` of this checkout. */

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dpo-python-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the script prints. It has the module, `build` with the command of this checkout, and rollouts. */
function python(script: string): string {
  const begin = `import sys
sys.path.insert(0, ${JSON.stringify(join(ROOT, 'examples/python'))})
import dpo_trajectories
from dpo_trajectories import DpoError

rollouts = [
    {"prompt": f"Question {n}?", "response": answer, "reward": reward}
    for answer, reward in (("yes \\u2028 \\U0001f3b2", 1), ("no", 0.2), ("", 1))
    for n in range(20)
]

def build(records, out, **options):
    return dpo_trajectories.build_pairs(records, out, command=${JSON.stringify([process.execPath, join(ROOT, 'cli/dpo.ts')])}, **options)
`;
  return execFileSync('python3', ['-c', `${begin}\n${script}`], { cwd: folder, encoding: 'utf8' });
}

test('an iterator of dicts becomes rows of both splits', () => {
  const printed = python(`
data = build(iter(rollouts), "rows", settings={"dataset.validation_fraction": 0.25})
rows = [*data.rows(), *data.rows("validation")]
print(len(list(data.rows())), len(list(data.rows("validation"))), data.manifest["totals"]["total_pairs"])
print({row["chosen"][0]["content"] == "yes \\u2028 \\U0001f3b2" for row in rows}, sorted(rows[0]))
print(data.manifest["totals"]["rejected_candidates"], (data.out / data.manifest["report"]["key"]).exists())
`);
  expect(printed.trimEnd().split('\n')).toEqual([
    '15 5 20',
    "{True} ['chosen', 'prompt', 'rejected']",
    "{'empty_response': 20} True",
  ]);
});

test('a curriculum has its files from easy to hard, and another format its own rows', () => {
  const printed = python(`
more = {"dataset.curriculum": {"buckets": 2}, "dataset.validation_fraction": 0}
data = build(rollouts, "curriculum", format="openai", settings=more)
print([path.name for path in data.files()], data.files("validation"), sorted(next(data.rows())))
`);
  expect(printed.trim()).toBe(
    "['training-1-of-2.jsonl', 'training-2-of-2.jsonl'] [] ['input', 'non_preferred_output', 'preferred_output']",
  );
});

test('a wrong setting, and a run without pairs, are errors with the exit code and the message of the command', () => {
  const printed = python(`
def fails(records, **options):
    try:
        build(records, "failed", **options)
    except DpoError as error:
        print(error.code, str(error).replace("\\n", " "))

fails(rollouts, settings={"builder.min_score_dif": 1})
fails(rollouts[:1] * 100_000, settings={"builder.min_score_dif": 1})
fails(rollouts[:2])
`);
  const [wrong = '', large = '', none = ''] = printed.trimEnd().split('\n');
  expect(wrong).toMatch(/^2 dpo run ended with exit code 2: .*did you mean builder\.min_score_diff\?/);
  expect(large).toBe(wrong);
  expect(none).toMatch(/^1 dpo run ended with exit code 1: .*No preference pair/);
});

test('an iterator that fails fails as it did, and nothing is committed', () => {
  const printed = python(`
def failing():
    yield from rollouts
    raise KeyError("the scorer failed")

try:
    build(failing(), "stopped")
except KeyError as error:
    print(error)
`);
  expect(printed).toBe("'the scorer failed'\n");
  expect(readdirSync(folder)).not.toContain('stopped');
});
