/** One line that is written again and again on a terminal; elsewhere only its last state. */
export function progress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[2K${text}`)
  else if (text.endsWith('\n')) process.stdout.write(text)
}
