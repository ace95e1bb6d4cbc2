import { describe, expect, it } from 'vitest';
import {
  CUSTOMIZER_DEPLOYMENT_WORDS,
  CUSTOMIZER_WORDS,
  deploymentStatus,
  jobStatus,
  PLATFORM_WORDS,
} from '../../../lib/stages/training/job-status.ts';

describe('a job’s status', () => {
  it.each([
    ['created', 'pending'],
    ['pending', 'pending'],
    ['running', 'running'],
    ['completed', 'completed'],
    ['failed', 'failed'],
    ['cancelled', 'canceled'],
    ['canceled', 'canceled'],
  ])('%s is %s, as NAT maps it, in any case', (word, status) => {
    for (const reported of [word, word.toUpperCase()]) {
      expect(jobStatus(reported, CUSTOMIZER_WORDS)).toEqual({ status, reported, known: true });
      expect(jobStatus(reported, PLATFORM_WORDS)).toMatchObject({ status, known: true });
    }
  });

  it.each(['ready', 'unknown', 'constructor', ''])('"%s" is neither success nor failure, and marked', (reported) => {
    expect(jobStatus(reported, CUSTOMIZER_WORDS)).toEqual({ status: 'running', reported, known: false });
  });
});

describe('a deployment’s status', () => {
  it.each([
    ['ready', 'ready'],
    ['failed', 'failed'],
    ['Error', 'failed'],
    ['pending', 'deploying'],
    ['unknown', 'deploying'],
  ])('%s is %s', (reported, status) => {
    expect(deploymentStatus(reported, CUSTOMIZER_DEPLOYMENT_WORDS)).toEqual({ status, reported });
  });
});
