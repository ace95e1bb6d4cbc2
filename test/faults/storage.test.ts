import { expect, test } from 'vitest';
import { crashAnywhere } from './crashes.ts';
import { pagedListings } from './listings.ts';
import { COARSER, overS3 } from './over-s3.ts';
import { misbehavingStorage } from './storage.ts';
import { brief, withLongAnswers } from './traces.ts';
import { ANYWHERE, IN_DATASETS, uploadsGivenUp } from './uploads-given-up.ts';

const none = { lost: 0, doubled: 0, changed: 0 };

test('over S3 a run that dies at a side effect is the same, run again', async () => {
  // Every thirtieth here; `npm run test:faults` takes each.
  for (const row of await overS3(({ makeStores }) => crashAnywhere('over HTTP', brief, makeStores, 30))) {
    expect(row).toMatchObject(none);
    expect(row.injected).toBeGreaterThan(1);
  }
});

test('over S3 a run with long answers that dies from its choice on is the same, run again, and leaves no upload', async () => {
  // Every ninth here; `npm run test:faults` takes each.
  const rows = await overS3(({ makeStores }) => crashAnywhere('', withLongAnswers, makeStores, 9), COARSER);
  for (const row of rows) {
    expect(row).toMatchObject(none);
    expect(row.injected).toBeGreaterThan(2);
  }
});

test.each([
  ['anywhere', ANYWHERE],
  ['in datasets', IN_DATASETS],
])('an upload that is refused midway, %s, is aborted before the run is over', async (_, uploads) => {
  // Every twelfth here; `npm run test:faults` takes each.
  const row = await uploadsGivenUp(uploads, 12);
  expect(row).toMatchObject({ ...none, outcomes: { 'aborted, StoreRefused, then committed': row.injected } });
  expect(row.injected).toBeGreaterThan(2);
});

test('whatever S3 answers, a run commits the same files or fails by name and then commits them', async () => {
  // Every fifth place here; `npm run test:faults` takes each.
  const rows = await misbehavingStorage(({ fault }) => /hangs|checksum|AccessDenied/.test(fault), 5);
  for (const row of rows) {
    expect(row).toMatchObject(none);
    expect(row.injected).toBeGreaterThan(0);
  }
  expect(rows.at(-1)?.outcomes).not.toHaveProperty('committed');
});

test('traces that are listed a page at a time, and late, are all read', async () => {
  expect(await pagedListings()).toMatchObject({ ...none, injected: 3, outcomes: { committed: 3 } });
});
