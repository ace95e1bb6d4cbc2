import type { Environment } from '../python.ts';

/** The newest at the time; newer ones are for whoever raises them. */
export const LOADERS: Environment = {
  name: 'trainers',
  requirements: [
    ...['datasets==5.2.0', 'transformers==5.24.0', 'tokenizers', 'jinja2', 'jsonschema', 'pydantic', 'openai==3.57.0'],
    ...['together==2.2.0', 'colorama', 'json_repair', 'requests', 'pillow'],
  ],
  alone: ['trl==1.16.0', 'axolotl==0.19.0', 'llamafactory==0.9.5', 'sagemaker-train==1.27.0', 'ms-swift==4.6.0'],
};
