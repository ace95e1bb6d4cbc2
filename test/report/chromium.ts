import { existsSync } from 'node:fs';

const USUAL = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** A Chromium of this machine: `CHROMIUM_PATH`, or one of the usual places; null without any. */
export const chromiumPath = (): string | null =>
  process.env.CHROMIUM_PATH ?? USUAL.find((path) => existsSync(path)) ?? null;

export const HOW_TO_GET_CHROMIUM =
  'The report was not tested in a browser: no Chromium found. Install one (Debian, Ubuntu: `sudo apt-get install chromium`; macOS: `brew install --cask chromium`) or set CHROMIUM_PATH to one.';
