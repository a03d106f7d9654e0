from langchain_ollama import ChatOllama, OllamaEmbeddings
from langchain_core.prompts import ChatPromptTemplate

llm = ChatOllama(
    model="llama3.1:8b",
    num_ctx=16384,
    temperature=0.1,
)
embeddings = OllamaEmbeddings(model="nomic-embed-text")
prompt = ChatPromptTemplate.from_messages([("system", "You are Llama 3.1, be brief."), ("human", "{question}")])
chain = prompt | llm
