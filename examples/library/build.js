// Preference pairs in a program of your own: node build.js workflow_output.json
import { readFile } from 'node:fs/promises';
import { buildTrajectories } from 'dpo-trajectories';

const items = JSON.parse(await readFile(process.argv[2], 'utf8'));
const reasons = {};
let pairs = 0;
for await (const group of buildTrajectories(items, {
  builder: { min_score_diff: 0.05 },
  onRejected: ({ reason }) => {
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  },
})) {
  pairs += group.trajectories.length;
}
console.log(JSON.stringify({ pairs, left_out: reasons }));
