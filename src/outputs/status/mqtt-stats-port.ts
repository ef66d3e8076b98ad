/** What the connection to the MQTT broker counts, as the metrics need it. */
export interface MqttStatsPort {
  readonly state: string;
  /** Connections that were made. */
  readonly connections: number;
  /** Messages that wait. */
  readonly queued: number;
  /** Messages by what became of them. */
  readonly counts: Readonly<Record<string, number>>;
}
