import { Download as Icon } from "lucide-react"

const size = (n) => (n < 1024 ? `${n} bytes` : n < 1048576 ? `${Math.round(n / 1024)} KB` : `${(n / 1048576).toFixed(1)} MB`)

export default function Download() {
  const [run, name] = [props.id.split("/")[0], props.name]
  return (
    <a className="dr-file" href={`/api/v1/runs/${encodeURIComponent(run)}/files/${encodeURIComponent(name)}`} download={name}>
      <Icon size={16} aria-hidden="true" /> <span>{name}</span> <span className="dr-muted">{size(props.bytes)}</span>
    </a>
  )
}
