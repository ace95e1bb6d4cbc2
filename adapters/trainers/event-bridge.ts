import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { EventBridge } from '../../lib/contract/training.ts';
import { TrainerRefused, TrainerUnavailable } from '../../lib/stages/training/errors.ts';
import type { DatasetLocation, Submission, Trainer } from '../../lib/stages/training/trainer.ts';

export interface EventBridgeDeps {
  readonly client: Pick<EventBridgeClient, 'send'>;
  readonly location: DatasetLocation;
}

/** What rules match on. */
export const EVENT_SOURCE = 'dpo-trajectories';
export const EVENT_DETAIL_TYPE = 'DPO dataset ready';

/**
 * Tells an event bus where the dataset is; whoever listens trains. Events come at least once, and so does this one:
 * its `submission_id` is the same each time.
 */
export function eventBridge({ event_bus }: EventBridge, { client, location }: EventBridgeDeps): Trainer {
  return {
    backend: 'event-bridge',
    async prepare() {},
    async find() {
      return undefined;
    },
    async submit(submission) {
      const event = await put(client, {
        EventBusName: event_bus,
        Source: EVENT_SOURCE,
        DetailType: EVENT_DETAIL_TYPE,
        Detail: JSON.stringify(detailOf(submission, location)),
      });
      return {
        job_id: event,
        output_model: null,
        dataset: `${location.bucket}/${location.prefix}runs/${submission.run_id}/datasets/`,
      };
    },
  };
}

/** `datasets.<format>.<role>` is `{bucket, key, bytes, lines}`. */
function detailOf(submission: Submission, { bucket, prefix }: DatasetLocation) {
  const datasets: Record<string, Record<string, object>> = {};
  for (const { format, role, key, bytes, lines } of submission.files) {
    datasets[format] = { ...datasets[format], [role]: { bucket, key: prefix + key, bytes, lines } };
  }
  const manifest = { bucket, key: `${prefix}runs/${submission.run_id}/manifest.json` };
  return { run_id: submission.run_id, submission_id: submission.id, manifest, datasets };
}

type Entry = NonNullable<ConstructorParameters<typeof PutEventsCommand>[0]['Entries']>[number];

async function put(client: EventBridgeDeps['client'], entry: Entry): Promise<string> {
  const bus = `event bus ${entry.EventBusName}`;
  const answer = await client.send(new PutEventsCommand({ Entries: [entry] })).catch((cause: unknown) => {
    throw failureOf(cause, bus);
  });
  const [result] = answer.Entries ?? [];
  if (result?.EventId) return result.EventId;
  const why = `${result?.ErrorCode ?? 'no answer'}: ${result?.ErrorMessage ?? ''}`;
  throw new TrainerUnavailable(`The ${bus} did not accept the event: ${why}`);
}

function failureOf(error: unknown, bus: string): Error {
  const name = error instanceof Error ? error.name : 'unknown';
  const message = error instanceof Error ? error.message : '';
  if (REFUSALS.has(name)) {
    return new TrainerRefused(
      `The ${bus} refused the event (${name}: ${message}). Check the bus's name and its policy, and that the stack may put events on it.`,
      { cause: error },
    );
  }
  return new TrainerUnavailable(`The ${bus} could not be reached (${name}: ${message})`, { cause: error });
}

const REFUSALS = new Set(['AccessDeniedException', 'ResourceNotFoundException', 'ValidationException']);
