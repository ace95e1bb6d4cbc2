#!/usr/bin/env node
'use strict';

/*
 * The packaged command begins here, in words that every Node.js understands: one that is too old for the rest says so,
 * where it would otherwise show a syntax error. package.json's `engines` has the same number.
 */
if (Number.parseInt(process.versions.node, 10) >= 24) {
  require('./dpo.js');
} else {
  process.stderr.write(
    'dpo needs Node.js 24 or newer, and this is '.concat(
      process.versions.node,
      ': install a newer one from https://nodejs.org.\n',
    ),
  );
  process.exitCode = 1;
}
