import { useState } from "react"
import { Button } from "@/components/ui/button"

export default function Choices() {
  const [chosen, setChosen] = useState(null)
  const choose = async (option) => {
    setChosen(option.value)
    try {
      await callAction({ name: "answer", payload: { question: props.question, value: option.value, label: option.label } })
    } catch {
      // Not heard: the same click can be made again.
      setChosen(null)
    }
  }
  return (
    <div className="dr-choices" role="group" aria-label={props.text}>
      {props.options.map((o) => (
        <Button key={o.value} variant={chosen === o.value ? "default" : "outline"} disabled={!props.live || chosen !== null} onClick={() => choose(o)}>
          {o.label}
        </Button>
      ))}
    </div>
  )
}
