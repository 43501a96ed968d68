export default function DiffCard() {
  const p = props
  return (
    <section className="dr-card" aria-label="What changes">
      <header><h2>What changes</h2></header>
      <ul>{p.changes.map((c, i) => <li key={i}>{c}</li>)}</ul>
      {p.impact.length > 0 && (
        <table className="dr-table">
          <thead><tr><th scope="col">Output</th><th scope="col">Figure</th><th scope="col" className="dr-right">Before</th><th scope="col" className="dr-right">After</th></tr></thead>
          <tbody>{p.impact.map((m, i) => (
            <tr key={i} className={m.before === m.after ? "dr-muted" : ""}>
              <td>{m.output}</td><td>{m.figure}</td><td className="dr-right">{m.before}</td><td className="dr-right">{m.after}</td>
            </tr>))}</tbody>
        </table>
      )}
      {p.effects_change && <p><strong>This changes what your approval covers, so it needs a new one.</strong></p>}
    </section>
  )
}
