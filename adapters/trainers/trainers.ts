import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { TrainingSettings } from '../../lib/contract/training.ts';
import { InvalidRequest } from '../../lib/errors.ts';
import type { ObjectStore } from '../../lib/objects/store.ts';
import { refusePlainSecrets } from '../../lib/stages/training/plan.ts';
import type { DatasetLocation, Trainer } from '../../lib/stages/training/trainer.ts';
import type { WayOut } from '../http/way-out.ts';
import { eventBridge } from './event-bridge.ts';
import { nemoCustomizer } from './nemo-customizer.ts';
import { nemoPlatform } from './nemo-platform.ts';

export interface TrainersDeps extends WayOut {
  readonly collections: ObjectStore;
  /** Where that is for others to read: the prefix is '' or ends in a slash. */
  readonly location: DatasetLocation;
  readonly events: () => Pick<EventBridgeClient, 'send'>;
}

/** The trainer that the settings name, with its secrets read. */
export const trainers =
  (deps: TrainersDeps) =>
  async (training: TrainingSettings): Promise<Trainer> => {
    refusePlainSecrets(training);
    const { nemo_customizer, nemo_platform, event_bridge } = training;
    if (nemo_customizer) return nemoCustomizer(nemo_customizer, { ...deps, store: deps.collections });
    if (nemo_platform) return nemoPlatform(nemo_platform, deps);
    if (event_bridge) return eventBridge(event_bridge, { client: deps.events(), location: deps.location });
    throw new InvalidRequest('training must name a trainer: nemo_customizer, nemo_platform or event_bridge.');
  };
