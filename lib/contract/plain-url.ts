/** Whether a URL has no user, query or fragment: what is in them may be secret, and a URL is shown in messages. */
export function isPlainUrl(url: string): boolean {
  // What is no URL at all has an error of its own.
  if (!URL.canParse(url)) return true;
  const { username, password, search, hash } = new URL(url);
  return `${username}${password}${search}${hash}` === '';
}
