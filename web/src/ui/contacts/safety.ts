/** The safety number as people compare it: twelve groups of five digits, and as its QR code holds it (protocol.md §9.2). */

export function groups(number: string): readonly string[] {
  return number.match(/.{1,5}/gu) ?? [];
}

export function codeText(number: string): string {
  return `PEERSEAL ${number}`;
}
