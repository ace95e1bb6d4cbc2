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

/** The newest torch that every trainer here runs on. */
export const TORCH: Environment = {
  name: 'torch',
  requirements: ['trl==1.16.0', 'datasets==5.2.0', 'transformers==5.24.0', 'torch==2.11.0'],
};

/** LLaMA-Factory and ms-swift as they train, without their web pages. */
export const TRL_0: Environment = {
  name: 'trl-0',
  requirements: [
    ...['torch==2.11.0', 'torchvision==0.26.0', 'torchaudio==2.11.0', 'torchdata==0.11.0'],
    ...['transformers==4.57.6', 'trl==0.24.0', 'datasets==4.8.4', 'accelerate==1.11.0', 'peft==0.18.1', 'av==16.0.0'],
    ...['omegaconf', 'tyro<0.9', 'fire', 'einops', 'sentencepiece', 'tiktoken', 'scipy', 'protobuf', 'matplotlib'],
    ...[
      'uvicorn',
      'fastapi',
      'sse-starlette',
      'modelscope',
      'addict',
      'dacite',
      'binpacking',
      'json_repair',
      'attrdict',
    ],
    ...['simplejson', 'sortedcontainers', 'zstandard', 'importlib-metadata', 'rouge', 'nltk', 'tensorboard', 'aiohttp'],
    ...['oss2', 'openai==3.57.0'],
  ],
  alone: ['llamafactory==0.9.5', 'ms-swift==4.6.0'],
  on: TORCH,
};

/** axolotl as it trains, without what only a GPU or its other commands need. */
export const AXOLOTL: Environment = {
  name: 'axolotl',
  requirements: [
    ...['torch==2.11.0', 'transformers==5.16.1', 'trl==1.9.0', 'datasets==4.8.4', 'accelerate==1.13.0', 'peft==0.20.0'],
    ...['huggingface_hub==1.17.0', 'tokenizers==0.23.1', 'typer==0.25.1', 'optimum==1.16.2', 'bitsandbytes==0.50.2'],
    ...[
      'addict',
      'fire',
      'colorama',
      'python-dotenv',
      'schedulefree',
      'posthog',
      'numba',
      'fastcore',
      'evaluate==0.4.1',
    ],
    ...[
      'langdetect',
      'einops',
      'art',
      'tensorboard',
      'sentencepiece',
      'scipy',
      'hf_transfer',
      'immutabledict',
      'wandb',
    ],
    ...['antlr4-python3-runtime==4.13.2', 'mistral-common', 'httpx', 'httpcore'],
  ],
  alone: [
    ...['axolotl==0.19.0', 'axolotl-contribs-lgpl==0.0.7', 'axolotl-contribs-mit==0.0.6'],
    ...['kernels==0.16.0', 'kernels-data==0.16.2', 'liger-kernel==0.8.1'],
  ],
  on: TORCH,
};
