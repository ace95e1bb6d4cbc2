import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Shards } from '../../lib/contract/plan.ts';
import type { GatheredUploads, UploadEvent } from '../../lib/contract/start.ts';
import { runKeys } from '../../lib/objects/keys.ts';
import { readAll } from '../../lib/objects/store.ts';
import { folderOf } from '../../lib/sources/folders.ts';
import { evaluate } from '../../lib/stages/evaluate.ts';
import { gatherUploads, type UploadedFile } from '../../lib/stages/gather-uploads.ts';
import { groupUploads } from '../../lib/stages/group-uploads.ts';
import { recordFailure } from '../../lib/stages/record-failure.ts';
import { uploadedRunId } from '../../lib/stages/request-of.ts';
import { eventOf } from '../faults/upload-events.ts';
import { memoryStore } from '../support/memory-store.ts';
import { memoryDeps } from '../support/run.ts';

const TRACE = Buffer.from('{"id":1,"intermediate_steps":[]}\n');
const MINUTE = 60_000;
/** The queue's delay. */
const QUIET = 5 * MINUTE;
const START = Date.parse('2026-11-27T00:00:00Z');
const UNTIL = new Date(START).toISOString();

interface Upload {
  readonly key: string;
  readonly at: number;
}

/** Where the function dies: the queue gives its messages again. */
const DEATHS = ['while it lists', 'before it starts the run', 'after it started the run'] as const;
type Death = (typeof DEATHS)[number];
/** How long the queue waits for an answer. */
const UNANSWERED = 16 * MINUTE;

interface Delivery {
  readonly of: number;
  readonly late: number;
  /** Of its first calls. */
  readonly deaths?: readonly Death[];
}

/**
 * Uploads as a folder and a queue see them: each event reaches the function `QUIET` after the upload and `late` besides,
 * with what is in the folder by then. The executions that are started, by name.
 */
async function deliver(uploads: readonly Upload[], events: readonly Delivery[]) {
  const started = new Map<string, string[]>();
  const queue = events.flatMap(({ of, late, deaths = [] }) => {
    const upload = uploads[of];
    return upload ? [{ upload, at: upload.at + QUIET + late, deaths }] : [];
  });
  for (;;) {
    queue.sort((a, b) => a.at - b.at);
    const next = queue.shift();
    if (!next) return started;
    const { upload, at, deaths } = next;
    const [death, ...later] = deaths;
    const listed = standingAt(uploads, at).filter(({ key }) => folderOf(key) === folderOf(upload.key));
    const start = async (name: string): Promise<void> => {
      if (death === 'before it starts the run') throw new Error(death);
      if (!started.has(name)) started.set(name, keysOf(listed));
      if (death === 'after it started the run') throw new Error(death);
    };
    const listFolder = async function* () {
      if (death === 'while it lists') throw new Error(death);
      yield* listed;
    };
    const { folders } = groupUploads([{ id: '1', body: JSON.stringify(eventAt(upload)) }]);
    for (const folder of folders) {
      await gatherUploads(folder, { listFolder, start }).catch((error: Error) => {
        if (error.message !== death) throw error;
        queue.push({ upload, at: at + UNANSWERED, deaths: later });
      });
    }
  }
}

const keysOf = (files: readonly UploadedFile[]) => files.map(({ key }) => key);

const standingAt = (uploads: readonly Upload[], now: number): UploadedFile[] =>
  uploads
    .filter(({ at }) => at <= now)
    .map(({ key, at }) => ({ key, etag: `"${key}"`, modified: at }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));

const eventAt = ({ key, at }: Upload): UploadEvent => ({
  'detail-type': 'Object Created',
  // As S3 writes it: cut to the second.
  time: new Date(Math.floor(at / 1000) * 1000).toISOString(),
  detail: { bucket: { name: 'traces' }, object: { key } },
});

test('many files in an hour, each with two events in any order, are one run over all of them', async () => {
  const uploads = Array.from({ length: 600 }, (_, at) => ({ key: `traces/a/${at}.jsonl`, at: START + at * 6_000 }));
  const events = uploads.flatMap((_, of) => [
    { of, late: 0 },
    { of, late: (of * 7_919) % (20 * MINUTE) },
  ]);
  const started = await deliver(uploads, events);
  expect([...started.values()].map((keys) => keys.length)).toEqual([600]);
});

test('whatever comes when, doubled or late, and wherever the function dies: the last run of a folder has all of its files', async () => {
  const upload = fc.integer({ min: 0, max: 60 * MINUTE });
  const delivery = {
    late: fc.nat(40 * MINUTE),
    // The fifth failed call is the last: then the event is kept among the dead letters, and an alarm calls a person.
    deaths: fc.array(fc.constantFrom(...DEATHS), { maxLength: 4 }),
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(upload, { minLength: 1, maxLength: 20 }),
      fc.array(fc.record({ of: fc.nat(19), ...delivery }), { maxLength: 20 }),
      fc.array(fc.record(delivery), { minLength: 20, maxLength: 20 }),
      async (times, doubled, first) => {
        const uploads = times.map((at, index) => ({ key: `traces/a/${index}.jsonl`, at: START + at }));
        const once = uploads.map((_, of) => ({ of, late: 0, ...first[of] }));
        const started = await deliver(uploads, [...once, ...doubled]);
        expect([...started.values()].at(-1)).toHaveLength(uploads.length);
        expect(started.size).toBeLessThanOrEqual(uploads.length);
      },
    ),
  );
});

test('a second look at the same files finds the run of the first; a file more makes another', async () => {
  const uploads = [{ key: 'traces/a/1.jsonl', at: START }];
  expect(
    (
      await deliver(uploads, [
        { of: 0, late: 0 },
        { of: 0, late: MINUTE },
      ])
    ).size,
  ).toBe(1);
  const later = [...uploads, { key: 'traces/a/2.jsonl', at: START + 60 * MINUTE }];
  const both = await deliver(later, [
    { of: 0, late: 0 },
    { of: 1, late: 0 },
  ]);
  expect([...both.values()].map((keys) => keys.length)).toEqual([1, 2]);
});

const EVALUATIONS = new URL('../golden/nat/evaluations/', import.meta.url);
const JOB = 'profiled/jobs/job_67f4c011-2ed3-4060-b804-d67912a3e69c';

test.each(['repeated', JOB])(
  'an evaluation that NAT uploads, file by file and all at once, is one run over its folder: %s',
  async (name) => {
    const folder = `traces/${name}/`;
    const traces = memoryStore('traces');
    const files = readdirSync(new URL(`${name}/`, EVALUATIONS));
    for (const file of files) {
      traces.objects.set(`${folder}${file}`, readFileSync(new URL(`${name}/${file}`, EVALUATIONS)));
    }
    const moments = fc.array(fc.nat(3_000), { minLength: files.length, maxLength: files.length });
    await fc.assert(
      fc.asyncProperty(moments, async (times) => {
        const uploads = times.map((at, index) => ({ key: `${folder}${files[index]}`, at: START + at }));
        const events = times.map((_, of) => ({ of, late: 0 }));
        expect((await deliver(uploads, events)).size).toBe(1);
      }),
    );
    const input = { run_id: 'upload-1', gathered: { bucket: 'traces', folder, until: UNTIL } };
    expect(await evaluate({ execution: 'e', input }, memoryDeps(traces))).toMatchObject({
      status: 'planned',
      inputs: 1,
    });
  },
);

test.each([
  ['what NAT writes beside its traces', ['traces/a/config_metadata.json', 'traces/a/standardized_data_all.csv']],
  ['settings without traces', ['traces/a/run.json']],
  ['what macOS leaves in an archive', ['traces/__MACOSX/a/1.json']],
  ['what notebooks leave', ['traces/a/.ipynb_checkpoints/1.json']],
])('a folder that holds no traces starts no run: %s', async (_, keys) => {
  const uploads = keys.map((key, at) => ({ key, at: START + at * 1_000 }));
  const events = keys.map((_, of) => ({ of, late: 0 }));
  expect((await deliver(uploads, events)).size).toBe(0);
});

test('a folder is looked at once for all of its events that come together, and no event spoils another', () => {
  const bodies = [eventAt({ key: 'a/1.json', at: START }), eventAt({ key: 'a/2.json', at: START + MINUTE })];
  const messages = bodies.map((body, id) => ({ id: `${id}`, body: JSON.stringify(body) }));
  expect(groupUploads([...messages, { id: '2', body: '{' }, { id: '3', body: '{}' }])).toEqual({
    folders: [{ bucket: 'traces', folder: 'a/', ids: ['0', '1'], latest: START + MINUTE }],
    unreadable: ['2', '3'],
  });
});

/** A folder with a folder below. */
function folders(runJson?: string) {
  const traces = memoryStore('traces');
  for (const key of ['traces/a/1.jsonl', 'traces/a/2.jsonl', 'traces/a/b/3.jsonl']) traces.objects.set(key, TRACE);
  if (runJson !== undefined) traces.objects.set('traces/a/run.json', Buffer.from(runJson));
  const deps = { ...memoryDeps(traces), readable: { bucket: 'traces', prefix: 'traces/' } };
  return { traces, deps, start: (input: unknown) => evaluate({ execution: 'e', input }, deps) };
}

const gathered: GatheredUploads = {
  run_id: 'upload-1',
  gathered: { bucket: 'traces', folder: 'traces/a/', until: UNTIL },
};

test('a gathered folder is a run over the files right in it, with the settings of its run.json', async () => {
  const { start, deps } = folders('{"builder":{"min_score_diff":0.5}}');
  expect(await start(gathered)).toMatchObject({ run_id: 'upload-1', status: 'planned', inputs: 2 });
  const request = await Array.fromAsync(deps.collections.read(runKeys('upload-1').request));
  expect(JSON.parse(Buffer.concat(request).toString())).toMatchObject({ builder: { min_score_diff: 0.5 } });
  // Again, as a redrive does it.
  expect(await start(gathered)).toMatchObject({ run_id: 'upload-1', inputs: 2 });
});

test('a refused run.json of a gathered folder, or of a marked one, is told in the run', async () => {
  const { start, deps, traces } = folders('{"training":{}}');
  traces.objects.set('traces/a/_SUCCESS', Buffer.alloc(0));
  for (const input of [gathered, await eventOf(traces, 'traces/a/_SUCCESS')]) {
    await expect(start(input)).rejects.toThrow('sets training: an uploaded run.json may set only');
    const failed = { state: 'Evaluate', started_with: input, failure: { Error: 'InvalidRequest', Cause: 'refused' } };
    expect(await recordFailure({ execution: 'e', failed }, deps)).toMatchObject({
      recorded: runKeys(uploadedRunId(input) ?? 'none').failure,
    });
  }
});

test('a file that arrives while the run starts belongs to the next run, and so does one that is replaced', async () => {
  const { traces } = folders();
  const times = new Map([...traces.objects.keys()].map((key) => [key, START]));
  const timed = {
    ...traces,
    list: async function* (prefix: string) {
      for await (const object of traces.list(prefix)) yield { ...object, modified: times.get(object.key) };
    },
  };
  const listFolder = async function* () {
    for await (const { key, etag, modified = 0 } of timed.list('traces/a/')) {
      if (folderOf(key) === 'traces/a/') yield { key, etag, modified };
    }
  };
  const inputs: GatheredUploads[] = [];
  const start = async (_: string, input: GatheredUploads) => void inputs.push(input);
  const gather = (latest: number) =>
    gatherUploads({ bucket: 'traces', folder: 'traces/a/', latest }, { listFolder, start });
  const deps = memoryDeps(timed);
  const readBy = async (input: GatheredUploads | undefined) => {
    const { run_id } = await evaluate({ execution: 'e', input }, deps);
    const plan = Shards.parse(JSON.parse(String(await readAll(deps.collections, runKeys(run_id).plan))));
    return plan.flatMap(({ slices }) => slices.map(({ key }) => key));
  };

  await gather(START);
  // Before Evaluate lists the folder.
  const later = START + QUIET + MINUTE;
  for (const key of ['traces/a/0.jsonl', 'traces/a/2.jsonl']) {
    traces.objects.set(key, Buffer.concat([TRACE, TRACE]));
    times.set(key, later);
  }
  expect(await readBy(inputs[0])).toEqual(['traces/a/1.jsonl']);
  await gather(later);
  expect(await readBy(inputs[1])).toEqual(['traces/a/0.jsonl', 'traces/a/1.jsonl', 'traces/a/2.jsonl']);
  expect(new Set(inputs.map(({ run_id }) => run_id)).size).toBe(2);
});

test('files that are gone before the run begins are named', async () => {
  const { start, traces } = folders();
  for (const key of ['traces/a/1.jsonl', 'traces/a/2.jsonl']) traces.objects.delete(key);
  await expect(start(gathered)).rejects.toThrow(
    'traces/traces/a/ no longer holds the traces of 2026-11-27T00:00:00.000Z or before',
  );
});

test('a marker is a run over all of its folder, with and without a run.json', async () => {
  for (const [runJson, difference] of [
    ['{"builder":{"min_score_diff":0.5}}', 0.5],
    [undefined, 0],
  ] as const) {
    const { start, deps, traces } = folders(runJson);
    traces.objects.set('traces/a/_SUCCESS', Buffer.alloc(0));
    const event = await eventOf(traces, 'traces/a/_SUCCESS');
    const { run_id, inputs } = await start(event);
    expect({ run_id, inputs }).toEqual({ run_id: uploadedRunId(event), inputs: 3 });
    const request = await Array.fromAsync(deps.collections.read(runKeys(run_id).request));
    expect(JSON.parse(Buffer.concat(request).toString()).builder.min_score_diff).toBe(difference);
  }
});

test('the second event of a marker is its run; a marker uploaded again is another, with or without versions', () => {
  const marker = (more: object) =>
    uploadedRunId({
      'detail-type': 'Object Created',
      detail: { bucket: { name: 'traces' }, object: { key: 'a/_SUCCESS', etag: 'e', ...more } },
    });
  expect(marker({ sequencer: '1' })).toBe(marker({ sequencer: '1' }));
  expect(marker({ sequencer: '1' })).not.toBe(marker({ sequencer: '2' }));
  expect(marker({ 'version-id': '1' })).not.toBe(marker({ 'version-id': '2' }));
});
