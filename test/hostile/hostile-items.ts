import { HOSTILE_TEXTS } from './json-texts.ts';

const step = (text: string, score: number, eventType = 'TTC_END') => ({
  payload: {
    event_type: eventType,
    name: 'dpo_candidate_move',
    UUID: text,
    metadata: { [text]: text },
    data: {
      turn_id: text,
      candidate_index: 0,
      score,
      // An empty prompt is none.
      input: [{ role: text, content: `${text}?` }],
      output: `${text} ${score}`,
    },
  },
});

/** A trace item for each hostile text, which stands wherever a text can: one pair each. */
export const hostileItems = HOSTILE_TEXTS.map((text) => ({
  id: text,
  question: text,
  intermediate_steps: [step(text, 1), step(text, 0), step(text, 0, text)],
}));

export const linesOf = (items: readonly object[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('');

/** What must reach no terminal as it stands. */
export const OBEYED = /(?![\n])[\p{Cc}\p{Bidi_Control}\u2028\u2029\uFEFF]/u;
