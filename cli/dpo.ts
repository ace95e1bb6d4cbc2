#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { enterCallersFolder } from './callers-folder.ts';

enterCallersFolder();
// Half of a short run's time would go into compiling what the last one compiled. So nothing else is imported before this.
enableCompileCache();
// Not awaited: the packaged command loads this file by `require`, which takes no module that waits.
void import('./program.ts');
