import type { HttpResponse } from '../http.ts';
import type { WorkflowClient } from './client.ts';

/** An answer was given up because those under way hold too much together. It may be asked for again. */
export class NoRoom extends Error {
  override readonly name = 'NoRoom';
}

/**
 * What the answers under way may hold together. One alone always has room: the cap of an answer is its own. Another that
 * would pass `most` bytes is given up with {@link NoRoom}, so that a batch of many long answers is asked in several rounds.
 */
export function answerRoom(most: number) {
  let held = 0;
  return {
    /** A client for one example. Its answer takes room until `release`. */
    open(client: WorkflowClient): { readonly client: WorkflowClient; readonly release: () => void } {
      let mine = 0;
      const release = (): void => {
        held -= mine;
        mine = 0;
      };
      async function* counted(body: HttpResponse['body']): AsyncGenerator<Uint8Array> {
        for await (const chunk of body) {
          held += chunk.length;
          mine += chunk.length;
          if (held > most && mine < held) throw new NoRoom(`the answers under way have more than ${most} bytes`);
          yield chunk;
        }
      }
      const post: WorkflowClient['post'] = async (route, text) => {
        // Of another try: what was held of the one before is gone.
        release();
        const response = await client.post(route, text);
        const { status, headers, framed, body } = response;
        return { status, headers, framed, body: counted(body), close: () => response.close() };
      };
      return { client: { post, redact: (text) => client.redact(text) }, release };
    },
  };
}
