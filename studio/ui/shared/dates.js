// Days as they stand in the names of files.

/**
 * A day as YYYY-MM-DD, where the reader is.
 * @param {Date} [date]
 */
export function localDay(date = new Date()) {
  const [month, day] = [date.getMonth() + 1, date.getDate()].map((number) => String(number).padStart(2, "0"));
  return `${date.getFullYear()}-${month}-${day}`;
}
