/**
 * What chat templates write before the answer to a message, as the trainers' own templates (Qwen, Llama, Gemma, Phi, GLM,
 * DeepSeek, Cohere, Nemotron, LFM2, gpt-oss) do: a trainer that looks for the answer by its text finds one of these first.
 */
const TEMPLATE_TEXT = [
  '<s><|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n',
  '<|im_start|>user\n[[dummy_message]]<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n<think></think>\n',
  '<s><|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n',
  'Today Date: 26 Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec 2024\n\n<|eot_id|>',
  '<|start_header_id|>user<|end_header_id|>\n\n[[dummy_message]]<|eot_id|><|start_header_id|>assistant<|end_header_id|>',
  '<bos><start_of_turn>user\n[[dummy_message]]<end_of_turn>\n<start_of_turn>model\n<|turn>user\n<turn|>\n<|turn>model\n',
  '[gMASK]<sop><|system|><|user|>\n[[dummy_message]]<|end|>\n<|assistant|>\n<｜User｜>[[dummy_message]]<｜Assistant｜>',
  '<|START_OF_TURN_TOKEN|><|USER_TOKEN|>[[dummy_message]]<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>',
  '<|start|>system<|message|>You are ChatGPT, a large language model trained by OpenAI.\nYou are a helpful AI assistant.\n',
  'Knowledge cutoff: 2024-06\nCurrent date: \n\nReasoning: medium low high\nReasoning strength: high.\n\n',
  '# Valid channels: analysis, commentary, final. Channel must be included for every message.<|end|>',
  '# Valid recipients: "self", "user".<|eot|><|start|>user<|message|>[[dummy_message]]<|end|><|start|>assistant to=user',
  'Reasoning effort is set to xhigh. Please think carefully through the task, validate key assumptions, consider plausible',
  ' alternatives, and prioritize correctness, consistency, and clarity in the final answer.<|im_end|>\n',
].join('');

/** Whether a template may have the text before the answer. Some write the day, so a short number counts as well. */
export const isInTemplates = (text: string): boolean => TEMPLATE_TEXT.includes(text) || /^[\d-]{1,10}$/.test(text);
