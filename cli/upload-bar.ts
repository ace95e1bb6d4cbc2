import { tell } from './terminal.ts';
import { bytesInWords } from './wording.ts';

/** Tells an upload's progress on stderr: a bar on a terminal, a line elsewhere, nothing where `quiet`. */
export async function uploadBar(quiet: boolean) {
  if (quiet) return { begin: () => {}, sent: () => {}, stop: () => {} };
  if (!process.stderr.isTTY) {
    return {
      begin: (bytes: number) => tell(`Uploading ${bytesInWords(bytes)}.\n`),
      sent: () => {},
      stop: () => {},
    };
  }
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar(
    { stream: process.stderr, format: '{bar} uploading {of}', barsize: 30, clearOnComplete: true, gracefulExit: false },
    cliProgress.Presets.shades_classic,
  );
  return {
    begin: (bytes: number) => bar.start(bytes, 0, { of: bytesInWords(bytes) }),
    sent: (bytes: number) => bar.increment(bytes),
    stop: () => bar.stop(),
  };
}
