import { InvalidRequest } from '../errors.ts';
import type { DatasetSettings } from './dataset.ts';
import type { Request } from './request.ts';
import type { TrainingSettings } from './training.ts';

/** The dataset formats that a run needs for its trainer; an event names whatever formats there are. */
export function trainingFormats(training: TrainingSettings): readonly ('nemo_customizer' | 'nemo_platform')[] {
  if (training.nemo_customizer) return ['nemo_customizer'];
  return training.nemo_platform ? ['nemo_platform'] : [];
}

/**
 * The dataset settings with what the run's trainer needs of them: its format, and NeMo Customizer's own word on the
 * prompts. Throws {@link InvalidRequest} for a curriculum where the trainer takes one training file.
 */
export function datasetForTraining({ dataset, training }: Pick<Request, 'dataset' | 'training'>): DatasetSettings {
  if (!training) return dataset;
  const wanted = trainingFormats(training);
  if (wanted.length > 0 && dataset.curriculum) {
    throw new InvalidRequest(
      `dataset.curriculum writes one training file per bucket, but training.${wanted[0]} takes a single file. Leave out dataset.curriculum, or hand the files over by training.event_bridge.`,
    );
  }
  return {
    ...dataset,
    formats: [...new Set([...dataset.formats, ...wanted])],
    use_full_message_history:
      dataset.use_full_message_history || (training.nemo_customizer?.use_full_message_history ?? false),
  };
}
