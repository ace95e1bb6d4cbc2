// A TRL dataset of a file of scored answers: node dataset.js rollouts.jsonl > train.jsonl
import { createReadStream } from 'node:fs';
import { buildPairs, chooseDataset, readCandidates, writeFormat } from 'dpo-trajectories';

const pairs = buildPairs(readCandidates(createReadStream(process.argv[2])));
const dataset = await chooseDataset(pairs, { dataset: { validation_fraction: 0 } });
for await (const { line } of writeFormat(dataset, 'trl')) console.log(line);

const { duplicate_pairs, contradictory_pairs } = dataset.selection;
console.error(JSON.stringify({ pairs: dataset.training.length, duplicate_pairs, contradictory_pairs }));
