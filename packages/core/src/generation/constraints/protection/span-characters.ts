/** Bodies of character classes: what the finder of spans and the automaton that places them must agree on. */
export const digitClass = "\\p{Nd}";
/** What joins digits to one number, date, time, range or version. */
export const numberSeparatorClass = ".,'’:/\\-–−\\u00a0\\u202f\\u2009";
/** What links consist of, beyond letters and digits of scripts that put spaces around a link. */
export const linkSigns = "-._~:/?#[]@!$&'()*+,;=%";
/** What does not belong to a link at its end. Brackets belong to it if they close one within. */
export const linkTrailers = ".,;:!?'*";
export const linkClosers = ")]";
/** What a link may not follow, beyond letters: it would be taken for a part of it. */
export const linkForerunners = "./-_@+";
/** What the part of an e-mail address before the @ consists of. */
export const mailboxClass = "A-Za-z0-9._+\\-";
