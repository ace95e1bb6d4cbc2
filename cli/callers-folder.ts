/**
 * `npm run dpo` starts a script in this project's folder, wherever it is called (`npm --prefix`): paths that a person
 * types are relative to the caller's folder. Other scripts, a user's own among them, have their paths written in them.
 */
export function enterCallersFolder(environment: NodeJS.ProcessEnv = process.env): void {
  const { INIT_CWD: folder, npm_lifecycle_event: script, npm_package_name: project } = environment;
  if (folder !== undefined && script === 'dpo' && project === 'dpo-trajectories') process.chdir(folder);
}
