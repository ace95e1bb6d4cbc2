import { spawn } from 'node:child_process';

/** Opens the address as the desktop does. Where there is no desktop nothing happens: the address was told as well. */
export function openInBrowser(address: string): void {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, address], { detached: true, stdio: 'ignore' });
  child.once('error', () => {});
  child.unref();
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  // The empty text is the window's title, which `start` takes from its first quoted argument.
  win32: ['cmd', '/c', 'start', ''],
};
