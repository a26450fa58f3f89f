const yearSeconds = 31_536_000;

/** Keeps a choice of how the console looks in a cookie, so that the server writes the page as it will be shown. */
export function rememberChoice(name: 'theme' | 'zone' | 'nav', value: string): void {
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${yearSeconds}; samesite=lax`;
}
