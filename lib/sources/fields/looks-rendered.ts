/** Whether a prompt's text has a chat template's marks in it: it must not be templated again. */
export const looksRendered = (text: string): boolean => TEMPLATE_MARKS.some((mark) => text.includes(mark));

/** ChatML, Llama 3, Llama 2 and Mistral, Gemma, Phi and Zephyr, DeepSeek, Alpaca, Vicuna, Anthropic's transcripts, OpenChat. */
const TEMPLATE_MARKS = [
  '<|im_start|>',
  '<|start_header_id|>',
  '[INST]',
  '<start_of_turn>',
  '<|user|>',
  '<|assistant|>',
  '<｜User｜>',
  '<|channel|>',
  '### Response:',
  '\nASSISTANT:',
  '\n\nAssistant:',
  'GPT4 Correct User:',
];
