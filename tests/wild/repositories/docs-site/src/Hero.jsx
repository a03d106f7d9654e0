export default function Hero() {
  return (
    <section>
      <h1>Runs Llama 3.1 on your own machine</h1>
      {/* screenshot was taken with llama3.2:3b */}
      <p>
        One command: <code>ollama run llama3.1:8b</code>
      </p>
      <a href="https://huggingface.co/meta-llama/Llama-3.1-8B-Instruct">Model card</a>
    </section>
  );
}
