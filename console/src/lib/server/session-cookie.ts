/** Set by the API, handed on by the console. The prefix binds it to this host, https (or localhost) and the path /. */
export const sessionCookie = '__Host-plumbline';
