import { jsonVariable } from '../contract/json-variable.ts';
import { UploadEvent } from '../contract/start.ts';
import { folderOf } from '../sources/folders.ts';
import type { ArrivedUploads } from './gather-uploads.ts';

/** A message of the queue of uploads: an event of S3's, as text. */
export interface QueuedUpload {
  readonly id: string;
  readonly body: string;
}

/**
 * Queued uploads by their folders, each with the ids of its messages: each folder is looked at once. `unreadable`: ids of
 * messages that are no events of S3's.
 */
export function groupUploads(messages: readonly QueuedUpload[]) {
  const folders = new Map<string, ArrivedUploads & { ids: string[] }>();
  const unreadable: string[] = [];
  for (const { id, body } of messages) {
    const event = QueuedEvent.safeParse(body).data;
    if (!event) {
      unreadable.push(id);
      continue;
    }
    const { bucket, object } = event.detail;
    const folder = folderOf(object.key);
    const name = JSON.stringify([bucket.name, folder]);
    const time = Date.parse(event.time);
    const { ids, latest } = folders.get(name) ?? { ids: [] as string[], latest: time };
    ids.push(id);
    folders.set(name, { bucket: bucket.name, folder, ids, latest: Math.max(latest, time) });
  }
  return { folders: [...folders.values()], unreadable };
}

const QueuedEvent = jsonVariable(UploadEvent);
