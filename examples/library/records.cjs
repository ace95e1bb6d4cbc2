// Preference pairs of answers that a program has in memory, in a CommonJS project: node records.cjs
const { buildPairs, readCandidates } = require('dpo-trajectories');

const rollouts = [
  { prompt: 'Capital of France?', response: 'Paris', reward: 1 },
  { prompt: 'Capital of Italy?', response: 'Milan', reward: 0 },
  { prompt: 'Capital of France?', response: 'Lyon', reward: 0.2 },
  { prompt: 'Capital of Italy?', response: '', reward: 1 },
];

async function main() {
  const onRejected = ({ reason, detail }) => console.log(`left out: ${reason} (${detail})`);
  const pairs = buildPairs(readCandidates(rollouts), { builder: { min_score_diff: 0.1 } }, { onRejected });
  for await (const { prompt, chosen, rejected, margin } of pairs) {
    console.log(`${prompt} ${chosen} rather than ${rejected} (${margin})`);
  }
  console.log(`${pairs.counters.skipped_single_candidate} turn with one candidate`);
}

main();
