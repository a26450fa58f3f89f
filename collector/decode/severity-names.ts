const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** The names of SeverityNumber's values, each at the index of its number. */
export const severityNames: readonly string[] = [
  'SEVERITY_NUMBER_UNSPECIFIED',
  ...levels.flatMap((level) => ['', '2', '3', '4'].map((step) => `SEVERITY_NUMBER_${level}${step}`)),
];
