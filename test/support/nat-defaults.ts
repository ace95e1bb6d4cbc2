/** NAT's own defaults of `hyperparameters`, as NeMo Customizer gets them. */
export const NAT_HYPERPARAMETERS = {
  training_type: 'dpo',
  finetuning_type: 'all_weights',
  epochs: 3,
  batch_size: 4,
  learning_rate: 5e-5,
  dpo: {
    ref_policy_kl_penalty: 0.1,
    preference_loss_weight: 1,
    preference_average_log_probs: false,
    sft_loss_weight: 0,
  },
};
