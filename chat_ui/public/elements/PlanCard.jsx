import { useState } from "react"
import { Button } from "@/components/ui/button"

// Steps stand in columns by how far they are from the sources, so arrows only go to the right.
function layers(steps) {
  const depth = {}
  const byId = Object.fromEntries(steps.map((s) => [s.id, s]))
  const of = (id, seen) => {
    if (depth[id] !== undefined) return depth[id]
    if (!byId[id] || seen.has(id)) return 0
    seen.add(id)
    const before = byId[id].after.filter((a) => byId[a])
    depth[id] = before.length ? 1 + Math.max(...before.map((a) => of(a, seen))) : 0
    return depth[id]
  }
  steps.forEach((s) => of(s.id, new Set()))
  const columns = []
  steps.forEach((s) => {
    const d = depth[s.id] || 0
    columns[d] = columns[d] || []
    columns[d].push(s)
  })
  return columns.filter(Boolean)
}

const short = (text, n) => (text.length > n ? text.slice(0, n - 1) + "…" : text)
const words = (id) => id.replaceAll("_", " ")
// Names of tables and columns in a sentence as a person says them; files and what is quoted stay as they are.
const FILE = /\.(csv|tsv|json|ndjson|jsonl|xlsx?|html?|pdf|parquet|db|sqlite|duckdb|ya?ml|pptx|docx|ipynb|md|txt)$/i
const said = (text) => text.replace(/(^|[^\w.'"`“/@:-])([A-Za-z]\w*?_\w*(?:\.\w+)?(?![@\w]))/g, (all, lead, name) => (FILE.test(name) ? all : lead + words(name)))

// Promises that carry no sentence of their own, as an owner says them.
const PROMISES = {
  accepted_values: "Only values that are agreed on",
  conserve: "No row and no amount appears or gets lost",
  filter_unknown: "Each row either stays or goes",
  foreign_key: "Each row belongs to one that is there",
  format: "Values are written as they should be",
  freshness: "The data is recent",
  join_fan_out: "Bringing tables together repeats no row",
  join_lost_rows: "Bringing tables together loses no row",
  join_nearly: "No name or number is nearly another",
  match_complete: "What belongs together is found",
  not_null: "Nothing is missing",
  primary_key: "No row comes twice",
  range: "Figures lie within their bounds",
  reconcile: "Both sides add up to the same",
  row_count: "As many rows as expected",
  schema: "The columns are those that were planned with",
  unique: "Nothing comes twice",
}
const promise = (p) => said(p.note || "") || `${PROMISES[p.check] || words(p.check)}: ${words(p.on)}`

// "32658.82 of payouts_explained" as a person writes it; the figure itself stays what was computed.
const told = (text) => words(text || "").replace(/^-?\d{4,}(?=\.\d+ | |$)/, (n) => BigInt(n).toLocaleString("en"))

function Graph({ steps }) {
  const columns = layers(steps)
  // A phone is read from top to bottom, anything wider from left to right.
  const down = window.innerWidth < 640
  const W = 176, H = 44, GX = down ? 12 : 32, GY = down ? 26 : 10
  const at = {}
  columns.forEach((column, x) => column.forEach((s, y) => { at[s.id] = down ? [y * (W + GX), x * (H + GY)] : [x * (W + GX), y * (H + GY)] }))
  const most = Math.max(...columns.map((c) => c.length))
  const width = (down ? most : columns.length) * (W + GX) - GX
  const height = (down ? columns.length : most) * (H + GY) - GY
  const edge = ([x1, y1], [x2, y2]) => {
    if (down) {
      const my = (y1 + H + y2) / 2
      return `M${x1 + W / 2},${y1 + H} C${x1 + W / 2},${my} ${x2 + W / 2},${my} ${x2 + W / 2},${y2}`
    }
    const mx = (x1 + W + x2) / 2
    return `M${x1 + W},${y1 + H / 2} C${mx},${y1 + H / 2} ${mx},${y2 + H / 2} ${x2},${y2 + H / 2}`
  }
  return (
    <div className="dr-graph" tabIndex={0} role="region" aria-label="Steps of the plan as a graph">
      <svg style={{ width: "100%", minWidth: Math.round(width * 0.72), maxWidth: width, height: "auto", display: "block" }} viewBox={`0 0 ${width} ${height}`} role="img"
           aria-label={steps.map((s) => `${words(s.id)}: ${s.what}`).join("; ")}>
        {steps.flatMap((s) => s.after.filter((a) => at[a]).map((a) => {
          return <path key={a + s.id} className="dr-edge" d={edge(at[a], at[s.id])} />
        }))}
        {steps.map((s) => (
          <g key={s.id} transform={`translate(${at[s.id][0]},${at[s.id][1]})`}>
            <title>{`${words(s.id)}: ${s.what}`}</title>
            <rect width={W} height={H} rx="6" className={s.source ? "dr-node dr-source" : "dr-node"} />
            <text x="10" y="18" className="dr-name">{short(s.source ? words(s.id) : s.what, 22)}</text>
            <text x="10" y="34" className="dr-what">
              {short(s.rows !== null && s.rows !== undefined ? `${s.rows.toLocaleString()} rows` : words(s.id), 28)}
            </text>
          </g>
        ))}
      </svg>
    </div>
  )
}

function Proofs({ proofs }) {
  const [all, setAll] = useState(false)
  const said = proofs.filter((p) => p.note)
  const failed = proofs.filter((p) => !p.passed && !said.includes(p))
  const first = [...failed, ...said]
  const rest = proofs.filter((p) => !first.includes(p))
  const shown = all || first.length === 0 ? [...first, ...rest] : first
  const mark = (p) => (p.passed ? "✓" : p.severity === "block" ? "✗" : "!")
  return (
    <div>
      <table className="dr-table dr-proofs" role="table">
        <thead><tr><th scope="col"><span className="sr-only">Holds</span></th><th scope="col">Promise</th><th scope="col">Expected</th><th scope="col">Found</th></tr></thead>
        <tbody>
          {shown.map((p, i) => (
            <tr key={i} role="row">
              <td role="cell" className={p.passed ? "dr-ok" : "dr-bad"} aria-label={p.passed ? "holds" : "does not hold"}>{mark(p)}</td>
              <td role="cell">{promise(p)}</td>
              <td role="cell" data-head="Expected">{told(p.expected)}</td>
              <td role="cell" data-head="Found">{told(p.found || p.detail)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rest.length > 0 && first.length > 0 && (
        <button className="dr-link" onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `and ${rest.length} further proofs, ${rest.every((p) => p.passed) ? "all hold" : "some do not hold"}`}
        </button>
      )}
    </div>
  )
}

// "file of totals" says nothing that the file's name does not.
const effect = (e) =>
  e.kind === "write" ? `${e.target}${e.detail && !e.detail.startsWith("file of ") ? ` (${words(e.detail)})` : ""}`
    : e.kind === "send" ? `sends to ${e.target}${e.detail ? ` (${e.detail})` : ""}` : null

export default function PlanCard() {
  const [decided, setDecided] = useState(null)
  const p = props
  const decide = async (decision) => {
    setDecided(decision)
    try {
      await callAction({ name: "decide", payload: { decision, digest: p.spec_digest } })
    } catch {
      // Not heard: the same click can be made again, and one that was heard does nothing twice.
      setDecided(null)
    }
  }
  const leaves = p.effects.map(effect).filter(Boolean)
  const big = p.steps.length > 14
  const [open, setOpen] = useState(!big)
  return (
    <section className="dr-card" aria-label={`Plan: ${p.title}`}>
      <header>
        <h2>{p.title}</h2>
        <span className="dr-muted">version {p.version} · {p.spec_digest.replace("sha256:", "").slice(0, 12)}</span>
      </header>
      <p>{said(p.reading)}</p>
      <h3>What it does</h3>
      {open ? <Graph steps={p.steps} /> : null}
      {big && <button className="dr-link" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? "Hide the steps" : `Show the ${p.steps.length} steps`}</button>}
      <h3>Proven on your data</h3>
      {p.proofs.length > 0 ? <Proofs proofs={p.proofs} /> : <p className="dr-muted">It was computed on your data as it is now. This plan carries no checks of its own.</p>}
      <div className="dr-columns">
        <div><h3>What it writes</h3><ul>{leaves.map((t, i) => <li key={i}>{t}</li>)}{leaves.length === 0 && <li>nothing</li>}</ul></div>
        <div><h3>When</h3><ul><li>{p.schedule ? `by itself, ${p.schedule}` : "only when you ask"}</li></ul>
          <h3>Who receives it</h3><ul>{p.recipients.length ? p.recipients.map((r) => <li key={r}>{r}</li>) : <li>nobody but you</li>}</ul>
          <h3>What it costs</h3><ul><li>{p.cost}</li></ul></div>
      </div>
      {p.assumptions.length > 0 && <div><h3>Taken for granted</h3><ul>{p.assumptions.map((a, i) => <li key={i}>{said(a)}</li>)}</ul></div>}
      {p.notes.length > 0 && <div><h3>Good to know</h3><ul>{p.notes.map((a, i) => <li key={i}>{a}</li>)}</ul></div>}
      {p.live && p.proven && (
        <footer>
          <Button disabled={decided !== null} onClick={() => decide("approve")}>Approve and run</Button>
          <Button variant="outline" disabled={decided !== null} onClick={() => document.getElementById("chat-input")?.focus()}>Change</Button>
          <Button variant="ghost" disabled={decided !== null} onClick={() => decide("reject")}>Reject</Button>
        </footer>
      )}
    </section>
  )
}
