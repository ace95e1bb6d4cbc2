/** Preloaded into a measured process: tells its own peak memory as it ends (`--import ./bench/peak-rss.ts`). */
process.on('exit', () => {
  process.stderr.write(`\npeak-rss-kib ${process.resourceUsage().maxRSS}\n`);
});
