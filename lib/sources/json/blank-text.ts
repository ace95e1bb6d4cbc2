/**
 * Whether nothing of the text shows: white space, and what has no width (U+200B and its like, joiners, marks of direction,
 * fillers).
 */
export const isBlank = (text: string): boolean => !SHOWS.test(text);

/** In UTF-8 all of these but ASCII begin with one of the bytes that `WrittenText` takes a second look at. */
const SHOWS = /[^\s\u00ad\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]/;
