"use client";

const OPTIONS = [
  { id: "llama-3.3-70b-versatile", label: "Llama 3.3 70B" },
  { id: "llama-3.1-8b-instant", label: "Llama 3.1 8B (fast)" },
  { id: "gemma2-9b-it", label: "Gemma 2" },
];

export function ModelPicker({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  return (
    <select value={value} onChange={(e) => onChange(e.target.value)}>
      {OPTIONS.map((o) => <option key={o.id} value={o.id}>{o.label}</option>)}
    </select>
  );
}
