import { describePeer } from './peer.ts';

describePeer('Harbor', {
  library: 'harbor==0.26.0',
  writer: 'write_harbor.py',
  counter: 'count_harbor.py',
  scores: ['reward', 'style'],
  find: (folder) => [folder],
});
