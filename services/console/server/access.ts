import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { NextFunction, Request, Response } from 'express';
import { FlowtapError } from '../../runtime/errors.ts';
import type { ListenAddress } from '../../runtime/listen-address.ts';
import { Refusal } from './refusal.ts';

/** Who may look. */
export interface Access {
  /** What a browser gives as the password of any user, and a program as bearer token. */
  readonly password: string | undefined;
  readonly allowAnonymous: boolean;
}

/** Shorter ones can be guessed. */
const MIN_PASSWORD_LENGTH = 16;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Reads the file of a password. Throws a FlowtapError CONFIG_INVALID. */
export function readPassword(path: string): string {
  let password: string;
  try {
    password = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw invalid(`--password-file: ${path} cannot be read: ${(cause as Error).message}.`, cause);
  }
  if (password.length >= MIN_PASSWORD_LENGTH) return password;
  throw invalid(`--password-file: the password in ${path} has fewer than ${MIN_PASSWORD_LENGTH} characters.`);
}

/** Flows tell a lot: throws a FlowtapError CONFIG_INVALID where everybody on the network could see them. */
export function checkAccess({ host }: ListenAddress, { password, allowAnonymous }: Access): void {
  if (password !== undefined || allowAnonymous || isLoopback(host)) return;
  const message =
    'Who may look? At an address that other machines reach the console needs --password-file (or --allow-anonymous, for trials); or let it --listen at 127.0.0.1 only.';
  throw invalid(message);
}

/** Lets pass who may look, and refuses others. */
export function guard(access: Access): (request: Request, response: Response, next: NextFunction) => void {
  const { password, allowAnonymous } = access;
  if (password === undefined)
    return allowAnonymous ? (_request, _response, next) => next() : requireLoopbackName;
  const expected = digestOf(password);
  return (request, _response, next) => {
    const given = credentialOf(request.headers.authorization ?? '');
    if (given !== undefined && timingSafeEqual(digestOf(given), expected)) return next();
    next(
      new Refusal(401, 'unauthorised', 'The console needs its password; any user name will do.', {
        'www-authenticate': 'Basic realm="flowtap console", charset="UTF-8"',
      }),
    );
  };
}

/** A page elsewhere could make its own name lead to this machine (DNS rebinding), and then read what is here. */
function requireLoopbackName(request: Request, _response: Response, next: NextFunction): void {
  const name = URL.parse(`http://${request.headers.host ?? ''}`)?.hostname;
  if (name !== undefined && isLoopback(name)) {
    next();
    return;
  }
  const message =
    'Without a password the console answers to 127.0.0.1 and localhost only. --password-file lets it be reached by other names.';
  next(new Refusal(421, 'wrong_host', message));
}

function isLoopback(host: string | undefined): boolean {
  if (host === 'localhost') return true;
  const address = host?.replace(/^\[|\]$/g, '');
  return (
    address !== undefined && isIP(address) !== 0 && LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  );
}

function credentialOf(authorization: string): string | undefined {
  const [, scheme, value] = /^(bearer|basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme?.toLowerCase() !== 'basic') return value;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function invalid(message: string, cause?: unknown): FlowtapError {
  return new FlowtapError('CONFIG_INVALID', 'config', message, { cause });
}
