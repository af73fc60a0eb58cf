import { LineGrammar, literal, oneOf, optional, part } from './line-grammar.ts';

const MINUTE = '\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])T(?:[01]\\d|2[0-3]):[0-5]\\d';
const MILLISECONDS = `${MINUTE}:[0-5]\\d\\.\\d{3}Z`;
const NANOSECONDS = `${MINUTE}:[0-5]\\d\\.\\d{9}Z`;
/** Seconds since 1970. */
const INSTANT = '\\d{1,10}\\.\\d{9}';
const DURATION = '(?:0|[1-9]\\d{0,18})';
/** Of 15 digits at most, which a number holds exactly. */
const COUNT = '(?:0|[1-9]\\d{0,14})';
const PORT = '(?:0|[1-9]\\d{0,4})';
const PROTOCOL = '(?:0|[1-9]\\d{0,2})';
const ADDRESS = '[0-9a-f.:]{2,45}';
const DIGEST = '[A-Za-z0-9+/]{27}=';
const WORD = '[a-z_]{1,32}';
const TRANSPORT = '[a-z0-9 +./-]{1,32}';
/** ASCII that JSON does not escape. */
const TEXT = '[ !#-\\[\\]-~]{1,256}';

const counter = (name: string): string => optional(literal`,"${name}":${COUNT}`);

/** An end, and what it sent. Parts: its address, port, bytes, packets. */
function end(name: string): string {
  const port = optional(literal`,"port":${part(`${name}Port`, PORT)}`);
  const [bytes, packets] = [part(`${name}Bytes`, COUNT), part(`${name}Packets`, COUNT)];
  return literal`"${name}":{"ip":"${part(name, ADDRESS)}"${port},"bytes":${bytes},"packets":${packets}}`;
}

/** An end of a TCP connection. Parts: all of it, then the numbers of its sequence. */
function tcpEnd(name: string): string {
  const flags = optional(`"[a-z]{3}"(?:,"[a-z]{3}"){0,7}`);
  const health = ['syns', 'unanswered_syns', 'resets', 'zero_windows', 'handshake_ns'].map(counter).join('');
  const times = ['sum_ns', 'min_ns', 'max_ns'].map(counter).join('');
  const roundTrip = optional(literal`,"round_trip":{"count":${COUNT}${times}}`);
  const number = (field: string): string => literal`"${field}":${part(`${name}_${field}`, COUNT)}`;
  const always = ['initial', 'highest', 'payload_bytes'].map(number).join(',');
  const seldom = ['repeated_bytes', 'missing_bytes', 'skipped_bytes', 'reordered_gaps']
    .map((field) => optional(`,${number(field)}`))
    .join('');
  const sequence = optional(literal`,"sequence":{${always}${seldom}}`);
  const all = literal`{"flags":[${flags}]${health}${roundTrip}${sequence}}`;
  return literal`"${name}":${part(`${name}Tcp`, all)}`;
}

const HEAD = literal`"@timestamp":"${part('timestamp', MILLISECONDS)}","type":"flow","ecs":{"version":"9.3.0"}`;
const DATA_STREAM = literal`"data_stream":{"type":"logs","dataset":"flowtap.flow","namespace":"${TEXT}"}`;
const AGENT = part('agent', literal`"agent":{"type":"flowtap","version":"${TEXT}"}`);
const OBSERVER = literal`"observer":{"type":"sensor","vendor":"flowtap","name":"${TEXT}","version":"${TEXT}"}`;
const LOG = literal`,"log":{"file":{"path":"${TEXT}"}}`;

const TYPES = literal`["connection"${optional(literal`,"start"`)}${optional(oneOf(',"end"', ',"info"'))}]`;
const EVENT =
  literal`"kind":"event","category":["network"],"action":"network_flow","dataset":"flowtap.flow",` +
  literal`"module":"flowtap","provider":"flowtap","type":${part('types', TYPES)},` +
  literal`"start":"${part('start', NANOSECONDS)}","end":"${part('end', NANOSECONDS)}","duration":${DURATION}`;
/** The event's id begins with that of its flow, which begins with the Community ID. */
const FLOW_ID = `1:${part('digest', DIGEST)}/${part('flowStart', INSTANT)}`;
const EVENT_ID = `${FLOW_ID}/${part('eventStart', `${INSTANT}${optional('/end')}`)}`;
const SAME_COMMUNITY_ID = '1:\\k<digest>';
const SAME_FLOW_ID = `${SAME_COMMUNITY_ID}/\\k<flowStart>`;

const NETWORK =
  literal`"type":"${oneOf('ipv4', 'ipv6')}","transport":"${part('transport', TRANSPORT)}",` +
  literal`"iana_number":"${part('protocol', PROTOCOL)}"`;
const VOLUME = literal`"bytes":${COUNT},"packets":${COUNT}`;
const RELATED = part('related', literal`"${ADDRESS}"${optional(literal`,"${ADDRESS}"`)}`);

const WINDOW = literal`,"window":{"start":"${part('windowStart', MILLISECONDS)}","end":"${part('windowEnd', MILLISECONDS)}"}`;
const FLOWTAP =
  literal`,"offload":{"counted_by":"${WORD}"}${optional(literal`,"end_reason":"${WORD}"`)}${optional(WINDOW)}` +
  optional(literal`,"icmp":{"type":${COUNT}${counter('code')}}`);
const TCP = literal`,"tcp":{${tcpEnd('source')},${tcpEnd('destination')}}`;

/** An event as `EcsEventWriter` of core writes it, where no text in it needs an escape. */
export const PROBE_LINE = new LineGrammar(
  literal`{${part('head', HEAD)},${DATA_STREAM},` +
    part('origin', literal`"host":{"name":"${TEXT}"},${AGENT},${OBSERVER}`) +
    part('log', optional(LOG)) +
    literal`,"event":{${part('event', EVENT)},"id":"${EVENT_ID}"},` +
    literal`"flow":{"id":"${SAME_FLOW_ID}","final":${part('final', oneOf('true', 'false'))}},` +
    literal`"network":{${part('network', NETWORK)},"direction":"${part('direction', WORD)}",` +
    literal`"community_id":"${SAME_COMMUNITY_ID}",${part('volume', VOLUME)}},` +
    literal`${end('source')},${end('destination')},"related":{"ip":[${RELATED}]},` +
    literal`"flowtap":{"initiator":{"evidence":"${part('evidence', WORD)}"}` +
    literal`${part('flowtap', FLOWTAP)}${optional(TCP)}}}`,
);
