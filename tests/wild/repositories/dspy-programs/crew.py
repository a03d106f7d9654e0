from crewai import LLM, Agent

# Each role has its own model; Llama 3.2 1B was too small for the writer.
researcher = Agent(
    role="researcher",
    goal="find what the handbook says",
    backstory="Has read everything about Llama 3.1.",
    llm=LLM(model="nvidia_nim/meta/llama-3.1-70b-instruct"),
)
writer = Agent(
    role="writer",
    goal="answer in two sentences",
    backstory="Was a journalist.",
    llm=LLM(model="ollama/hermes3:8b", base_url="http://localhost:11434"),
)
