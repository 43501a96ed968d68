import { Button } from "@/components/ui/button"

export default function ConnectCard() {
  const p = props
  return (
    <section className="dr-card" aria-label={`Connect ${p.title}`}>
      <header>
        <h2>{p.title}</h2>
        <span className="dr-muted">{p.again ? "connected again as" : "as"} {p.name}</span>
      </header>
      <p>{p.text}</p>
      <footer>
        <Button asChild><a href={p.page}>{p.again ? "Connect again" : `Connect ${p.title}`}</a></Button>
      </footer>
    </section>
  )
}
