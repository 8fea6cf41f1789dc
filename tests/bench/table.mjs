// The rows of a benchmark run as one table, each beside its floor:  node table.mjs ROWS.jsonl [OUT.json]
import { readFileSync, writeFileSync } from 'node:fs'

const [, , from, to] = process.argv
const rows = readFileSync(from, 'utf8').split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
const number = (v) =>
  v === undefined || v === null ? '' : Math.abs(v) >= 100 ? Math.round(v).toLocaleString('en') : String(Number(v.toPrecision(3)))
const head = ['what', 'measured', 'unit', 'floor', 'of the floor', 'ratio', 'aim']
const cells = rows.map((r) => [
  r.row,
  number(r.value),
  r.unit ?? '',
  number(r.floor),
  r.floor_name ?? '',
  r.ratio === undefined || r.ratio === null ? '' : `${Number(r.ratio).toFixed(2)}x`,
  r.aim ?? '',
])
const right = new Set([1, 3, 5])
const width = head.map((title, c) => Math.max(title.length, ...cells.map((row) => row[c].length)))
const line = (row) => row.map((text, c) => (right.has(c) ? text.padStart(width[c]) : text.padEnd(width[c]))).join('  ').trimEnd()
console.log(line(head))
console.log(width.map((w) => '-'.repeat(w)).join('  '))
for (const row of cells) console.log(line(row))
if (to) writeFileSync(to, `${JSON.stringify(rows, null, 1)}\n`)
