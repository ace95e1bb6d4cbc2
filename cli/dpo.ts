#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Half of a short run's time would go into compiling what the last one compiled. So nothing is imported before this.
enableCompileCache();
await import('./program.ts');
