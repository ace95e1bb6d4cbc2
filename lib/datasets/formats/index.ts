import type { FormatName } from '../../contract/dataset.ts';
import { amazonNova } from './amazon-nova.ts';
import { axolotl } from './axolotl.ts';
import { fireworks } from './fireworks.ts';
import type { Format } from './format.ts';
import { llamaFactory } from './llama-factory.ts';
import { msSwift } from './ms-swift.ts';
import { nemoCustomizer } from './nemo-customizer.ts';
import { nemoPlatform } from './nemo-platform.ts';
import { nemoRl } from './nemo-rl.ts';
import { openai } from './openai.ts';
import { sagemaker } from './sagemaker.ts';
import { together } from './together.ts';
import { trl } from './trl.ts';
import { trlKto } from './trl-kto.ts';

export const FORMATS: Readonly<Record<FormatName, Format>> = {
  nemo_customizer: nemoCustomizer,
  nemo_platform: nemoPlatform,
  nemo_rl: nemoRl,
  trl,
  trl_kto: trlKto,
  openai,
  amazon_nova: amazonNova,
  axolotl,
  llama_factory: llamaFactory,
  together,
  fireworks,
  ms_swift: msSwift,
  sagemaker,
};
