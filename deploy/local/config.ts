/** The environment this process was started with, for processes it starts. */
export const inheritedEnvironment = (): Record<string, string | undefined> => ({ ...process.env });
