/** OpenTelemetry service by which runs of probes are told. */
export const probeService = 'plumbline-probes';

/** Attributes of the span that tells of one run of a probe. */
export const probeAttribute = {
  name: 'plumbline.probe.name',
  kind: 'plumbline.probe.kind',
  system: 'plumbline.probe.system',
  flow: 'plumbline.probe.flow',
  target: 'plumbline.probe.target',
  outcome: 'plumbline.probe.outcome',
  condition: 'plumbline.probe.failed_condition',
  why: 'plumbline.probe.why',
  /** Prefix of the numbers that were found, as `plumbline.probe.measure.depth`: seconds, bytes or counts. */
  measure: 'plumbline.probe.measure.',
  /** OpenTelemetry's own marker of what nobody did in earnest; such spans belong to no flow and no figure. */
  synthetic: 'user_agent.synthetic.type',
} as const;
