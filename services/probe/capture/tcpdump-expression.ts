import koffi from 'koffi';

import { FlowtapError } from '../../runtime/errors.ts';
import type { BpfInstruction, BpfProgram, CompiledExpression } from './socket-filter.ts';
import { DROP_ALL } from './socket-filter.ts';

/** The names of libpcap's ABI: upstream's, and that of Debian and Ubuntu. */
const LIBRARY_NAMES = ['libpcap.so.1', 'libpcap.so.0.8'];

/** DLT_ numbers (pcap/dlt.h). */
const DLT_EN10MB = 1;
const DLT_RAW = 12;

const OPTIMIZE = 1;
/** The netmask matters to `ip broadcast` only. */
const PCAP_NETMASK_UNKNOWN = 0xffff_ffff;

/** struct bpf_program in units of a 64-bit pointer. */
const BPF_PROGRAM_WORDS = 2;

/** VLAN as a word of the expression, not as a part of a name. */
const VLAN_KEYWORD = /(?<![\w.-])vlan(?![\w.-])/;

/**
 * Compiles an expression as tcpdump has it (man pcap-filter) with this machine's libpcap. Host names in it are
 * looked up now, once, and that can take as long as the resolver waits.
 *
 * Limits: the kernel keeps an interface's VLAN tag beside the packet, where libpcap does not look, so `vlan` is
 * refused. On devices whose frames have no Ethernet header only what concerns IP matches. A merged frame of an
 * offloading interface is matched once, for all packets it stands for.
 *
 * Throws FILTER_INVALID for an expression that libpcap does not accept, LIBPCAP_MISSING without the library.
 */
export function compileTcpdumpExpression(expression: string, snaplenBytes: number): CompiledExpression {
  if (VLAN_KEYWORD.test(expression)) {
    throw invalid(expression, 'VLAN tags are taken off before a filter sees the packet; leave `vlan` out');
  }
  const libpcap = loadLibpcap();
  const ethernet = compile(libpcap, expression, DLT_EN10MB, snaplenBytes);
  if (typeof ethernet === 'string') throw invalid(expression, ethernet);
  const ip = compile(libpcap, expression, DLT_RAW, snaplenBytes);
  // What asks for an Ethernet header matches no packet without one.
  return { ethernet, ip: typeof ip === 'string' ? DROP_ALL : ip };
}

/** The program, or what libpcap says against the expression. */
function compile(
  libpcap: Libpcap,
  expression: string,
  linkType: number,
  snaplenBytes: number,
): BpfProgram | string {
  const handle = libpcap.openDead(linkType, snaplenBytes);
  try {
    const compiled = new BigUint64Array(BPF_PROGRAM_WORDS);
    if (libpcap.compile(handle, compiled, expression, OPTIMIZE, PCAP_NETMASK_UNKNOWN) !== 0) {
      return libpcap.lastError(handle);
    }
    const program = copyProgram(compiled);
    libpcap.freeCode(compiled);
    return program;
  } finally {
    libpcap.close(handle);
  }
}

/** Copies struct bpf_program (pcap/bpf.h): an unsigned int counts the instructions, at 8 stands their address. */
function copyProgram(compiled: BigUint64Array<ArrayBuffer>): BpfProgram {
  const [length] = new Uint32Array(compiled.buffer);
  const memory = koffi.view(compiled[1], length * 8);
  const words = new Uint32Array(memory);
  const halves = new Uint16Array(memory);
  const bytes = new Uint8Array(memory);
  return Array.from(
    { length },
    (_, index): BpfInstruction => ({
      code: halves[index * 4],
      jt: bytes[index * 8 + 2],
      jf: bytes[index * 8 + 3],
      k: words[index * 2 + 1],
    }),
  );
}

interface Libpcap {
  readonly openDead: (linkType: number, snaplenBytes: number) => unknown;
  readonly compile: (
    handle: unknown,
    program: BigUint64Array,
    expression: string,
    optimize: number,
    netmask: number,
  ) => number;
  readonly lastError: (handle: unknown) => string;
  readonly freeCode: (program: BigUint64Array) => void;
  readonly close: (handle: unknown) => void;
}

function loadLibpcap(): Libpcap {
  const failures: unknown[] = [];
  for (const name of LIBRARY_NAMES) {
    try {
      const library = koffi.load(name);
      return {
        openDead: library.func('void *pcap_open_dead(int, int)'),
        compile: library.func('int pcap_compile(void *, void *, const char *, int, uint32_t)'),
        lastError: library.func('const char *pcap_geterr(void *)'),
        freeCode: library.func('void pcap_freecode(void *)'),
        close: library.func('void pcap_close(void *)'),
      };
    } catch (failure) {
      failures.push(failure);
    }
  }
  throw new FlowtapError(
    'LIBPCAP_MISSING',
    'capture',
    `A filter expression is compiled by libpcap, and neither ${LIBRARY_NAMES.join(' nor ')} can be loaded here; ` +
      'install libpcap (Debian, Ubuntu: libpcap0.8, Fedora: libpcap), or leave the filter out.',
    { cause: new AggregateError(failures, 'no libpcap could be loaded') },
  );
}

function invalid(expression: string, reason: string): FlowtapError {
  return new FlowtapError(
    'FILTER_INVALID',
    'capture',
    `The filter "${expression}" cannot be used: ${reason}. \`man pcap-filter\` has the syntax.`,
  );
}
