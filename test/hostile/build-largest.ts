import { LARGEST, SETTINGS } from './largest.ts';
import { buildMade, forgetfulStore } from './made-objects.ts';

// Builds the shard of the object named, in a process of its own, and prints what came of it and the most memory it took.

const [, , name = ''] = process.argv;
const parts = LARGEST[name];
if (!parts) throw new Error(`Name one of: ${Object.keys(LARGEST).join(', ')}.`);
const { counters } = await buildMade(parts(), forgetfulStore(), SETTINGS[name]);
// Kilobytes.
const { maxRSS } = process.resourceUsage();
process.stdout.write(`${JSON.stringify({ counters, peak_bytes: maxRSS * 1024 })}\n`);
