import { describePeer } from './peer.ts';

describePeer('NeMo Gym', {
  library: 'nemo-gym==0.4.0',
  writer: 'write_nemo_gym.py',
  counter: 'count_nemo_gym.py',
  scores: ['reward'],
  find: (folder) => [folder],
});
