/** What is read of a model's folder, and no more. */
export const TOKENIZER_FILES = {
  tokenizer: 'tokenizer.json',
  config: 'tokenizer_config.json',
  template: 'chat_template.jinja',
} as const;
