import * as z from 'zod';
import { shorten } from '../shorten.ts';
import { jsonVariable } from './json-variable.ts';

/** What Lambda makes of an error that a handler throws: the Cause of the failed state, as JSON text. */
const LambdaCause = jsonVariable(z.object({ errorMessage: z.string() }));

/** A message as long as somebody reads it; the Cause of a Fail state may have 32,768 characters. */
export const shortened = (message: string): string => shorten(message, MOST_CHARACTERS);

const MOST_CHARACTERS = 4_000;

/** The message in a failed execution's Cause: out of Lambda's JSON, or the Cause itself. */
export const plainCause = (cause: string): string => LambdaCause.safeParse(cause).data?.errorMessage ?? cause;
