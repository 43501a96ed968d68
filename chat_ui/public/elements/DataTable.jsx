import { useEffect, useState } from "react"

const PAGE = 25
const numeric = (type) => /^(U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/.test(type)

function shown(value, type) {
  if (value === null || value === undefined) return "–"
  if (typeof value === "boolean") return value ? "yes" : "no"
  if (!numeric(type)) return String(value)
  // Averages have digits without end; what is exact is shown to its last digit.
  if (/^(FLOAT|DOUBLE)/.test(type) && Math.abs(value) >= 1 && String(value).length > 12) value = Number(value).toFixed(4)
  const [whole, rest] = String(value).split(".")
  if (!/^-?\d+$/.test(whole)) return String(value)
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",")
  return rest === undefined ? grouped : `${grouped}.${rest}`
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

// A column that holds the first day of each month, quarter or year shows these and not a day.
function stretch(column, rows, at) {
  const unit = /(?:^|[_ ])(month|quarter|year)$/i.exec(column.name)
  if (!unit || !/^(DATE|TIMESTAMP)/.test(column.type)) return null
  const first = unit[1].toLowerCase() === "year" ? /^\d{4}-01-01/ : unit[1].toLowerCase() === "quarter" ? /^\d{4}-(01|04|07|10)-01/ : /^\d{4}-\d\d-01/
  if (!rows.every((row) => row[at] === null || first.test(row[at]))) return null
  return (value) => {
    if (value === null) return "–"
    const [year, month] = value.split("-")
    if (unit[1].toLowerCase() === "year") return year
    if (unit[1].toLowerCase() === "quarter") return `Q${Math.ceil(Number(month) / 3)} ${year}`
    return `${MONTHS[Number(month) - 1]} ${year}`
  }
}

function compare(a, b, type) {
  if (a === null) return b === null ? 0 : 1
  if (b === null) return -1
  if (numeric(type)) return Number(a) - Number(b)
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0
}

export default function DataTable() {
  const p = props
  const [page, setPage] = useState(0)
  const [sort, setSort] = useState(null)
  const [find, setFind] = useState({ column: p.columns[0]?.name, value: "" })
  const [remote, setRemote] = useState(null)
  const [trouble, setTrouble] = useState("")
  const kept = p.answer !== null && p.answer !== undefined

  useEffect(() => {
    if (!kept || (page < p.rows.length / PAGE && !sort && !find.value)) { setRemote(null); return }
    const wanted = {
      offset: page * PAGE, limit: PAGE, sort: sort ? [[sort.column, sort.way]] : [],
      filters: find.value ? [{ column: find.column, comparison: "contains", value: find.value }] : [],
    }
    let gone = false
    const timer = setTimeout(() => {
      fetch(`/api/v1/answers/${encodeURIComponent(p.answer)}/page`, {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(wanted),
      }).then(async (r) => {
        const body = await r.json()
        if (gone) return
        if (!r.ok) setTrouble(body.message || "These rows cannot be shown now.")
        else { setTrouble(""); setRemote(body) }
      }).catch(() => { if (!gone) setTrouble("The rows could not be read. Is the page still connected?") })
    }, find.value ? 250 : 0)
    return () => { gone = true; clearTimeout(timer) }
  }, [page, sort, find.column, find.value])

  let rows, total
  if (kept && remote) { rows = remote.rows; total = remote.total }
  else {
    let all = p.rows
    const f = p.columns.findIndex((c) => c.name === find.column)
    if (find.value && f >= 0) all = all.filter((r) => r[f] !== null && String(r[f]).toLowerCase().includes(find.value.toLowerCase()))
    if (sort) {
      const s = p.columns.findIndex((c) => c.name === sort.column)
      all = [...all].sort((a, b) => (sort.way === "asc" ? 1 : -1) * compare(a[s], b[s], p.columns[s].type))
    }
    rows = all.slice(page * PAGE, page * PAGE + PAGE)
    total = kept ? p.row_count : all.length
  }
  const periods = p.columns.map((c, at) => stretch(c, [...p.rows, ...rows], at))
  const kind = (value, type, at) => [
    numeric(type) ? "dr-right" : /^(DATE|TIME)/.test(type) || /^\d{4}-\d\d-\d\d$/.test(value) ? "dr-nowrap" : "",
    periods[at] ? "dr-nowrap" : "",
    String(value ?? "").length > 48 ? "dr-wide" : /\S{21}/.test(String(value ?? "")) ? "dr-break" : "",
  ].filter(Boolean).join(" ")
  const pages = Math.max(1, Math.ceil(total / PAGE))
  const small = p.row_count <= 8
  // One value stands in the sentence before.
  if (!p.title && p.row_count === 1 && p.columns.length === 1) return null
  const named = p.title || p.columns.map((c) => c.name.replaceAll("_", " ")).join(", ")
  const order = (name) => {
    setPage(0)
    setSort(sort && sort.column === name ? (sort.way === "asc" ? { column: name, way: "desc" } : null) : { column: name, way: "asc" })
  }
  return (
    <section className="dr-answer" aria-label={named}>
      {p.title && <h3>{p.title}</h3>}
      {!small && (
        <div className="dr-tools">
          <label>Find in <select value={find.column} onChange={(e) => { setPage(0); setFind({ ...find, column: e.target.value }) }}>
            {p.columns.map((c) => <option key={c.name} value={c.name}>{c.name.replaceAll("_", " ")}</option>)}</select></label>
          <input aria-label="Text to find" value={find.value} placeholder="any text" onChange={(e) => { setPage(0); setFind({ ...find, value: e.target.value }) }} />
        </div>
      )}
      <div className="dr-scroll" tabIndex={0} role="region" aria-label={`Rows: ${named}`}>
        <table className="dr-table">
          <thead><tr>{p.columns.map((c) => (
            <th key={c.name} scope="col" className={numeric(c.type) ? "dr-right" : ""}
                aria-sort={sort?.column === c.name ? (sort.way === "asc" ? "ascending" : "descending") : "none"}>
              <button onClick={() => order(c.name)}>{c.name.replaceAll("_", " ")}{sort?.column === c.name ? (sort.way === "asc" ? " ↑" : " ↓") : ""}</button>
            </th>))}</tr></thead>
          <tbody>{rows.map((row, i) => (
            <tr key={i}>{row.map((value, j) => <td key={j} className={kind(value, p.columns[j].type, j)}>{periods[j] ? periods[j](value) : shown(value, p.columns[j].type)}</td>)}</tr>))}
          {rows.length === 0 && <tr><td colSpan={p.columns.length}>No rows.</td></tr>}</tbody>
        </table>
      </div>
      {trouble && <p role="alert" className="dr-bad">{trouble}</p>}
      {!small && (
        <div className="dr-tools">
          <span className="dr-muted">{total.toLocaleString()} rows{total !== p.row_count ? ` of ${p.row_count.toLocaleString()}` : ""}</span>
          {pages > 1 && <span>
            <button disabled={page === 0} onClick={() => setPage(page - 1)} aria-label="Page before">‹</button>
            <span aria-live="polite"> {(page + 1).toLocaleString()} / {pages.toLocaleString()} </span>
            <button disabled={page >= pages - 1} onClick={() => setPage(page + 1)} aria-label="Next page">›</button>
          </span>}
        </div>
      )}
    </section>
  )
}
