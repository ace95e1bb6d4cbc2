import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { TrainingSettings } from '../../lib/contract/training.ts';
import { InvalidRequest } from '../../lib/errors.ts';
import type { HttpClient } from '../../lib/http.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { refusePlainSecrets } from '../../lib/training/plan.ts';
import type { DatasetLocation, Trainer } from '../../lib/training/trainer.ts';
import type { ReadSecret } from '../secrets.ts';
import { eventBridge } from './event-bridge.ts';
import { nemoCustomizer } from './nemo-customizer.ts';
import { nemoPlatform } from './nemo-platform.ts';

export interface TrainersDeps {
  readonly collections: ObjectStore;
  /** Where that is for others to read: the prefix is '' or ends in a slash. */
  readonly location: DatasetLocation;
  readonly http: HttpClient;
  /** As the platform's, under the same endpoint policy as `http`. */
  readonly fetch: typeof fetch;
  readonly secret: ReadSecret;
  readonly events: () => Pick<EventBridgeClient, 'send'>;
}

/** The trainer that the settings name, with its secrets read. */
export const trainers =
  (deps: TrainersDeps) =>
  async (training: TrainingSettings): Promise<Trainer> => {
    refusePlainSecrets(training);
    const { nemo_customizer, nemo_platform, event_bridge } = training;
    // A secret stored with a line end is not sent with one.
    const secret = async (arn: string | null) => (arn === null ? undefined : (await deps.secret(arn)).trim());
    if (nemo_customizer) {
      const { auth_secret_arn, hf_token_secret_arn } = nemo_customizer;
      const token = await secret(auth_secret_arn);
      const hfToken = await secret(hf_token_secret_arn);
      return nemoCustomizer(nemo_customizer, {
        http: deps.http,
        fetch: deps.fetch,
        store: deps.collections,
        token,
        hfToken,
      });
    }
    if (nemo_platform) {
      const token = await secret(nemo_platform.auth_secret_arn);
      return nemoPlatform(nemo_platform, { http: deps.http, location: deps.location, token });
    }
    if (event_bridge) return eventBridge(event_bridge, { client: deps.events(), location: deps.location });
    throw new InvalidRequest('training names no trainer: nemo_customizer, nemo_platform or event_bridge.');
  };
