import type { Session } from '#lib/api-types.ts';

declare global {
  namespace App {
    interface Error {
      /** What to do about it, when there is something to do. */
      hint?: string;
    }
    interface Locals {
      /** Value of the session cookie, passed on to the API as it is. */
      session: string | undefined;
      theme: 'light' | 'dark' | 'system';
      /** IANA zone of the browser, told by a cookie, so that the server writes the same text as the browser. */
      zone: string;
      navOpen: boolean;
    }
    interface PageData {
      session?: Session;
      title?: string;
      /** The page shows a time range: the picker stands in the top bar and figures refresh by themselves. */
      ranged?: boolean;
      /** The page shows the present without a range of time: figures refresh by themselves. */
      live?: boolean;
      /** Figures beside entries of the navigation, as text. */
      badges?: Readonly<Record<string, string>>;
    }
  }
}

export {};
