package example

import dev.langchain4j.model.ollama.OllamaChatModel

/* Checks input with Llama Guard. llama-guard3:8b was slower and no better here. */
object Guard {
    private val model = OllamaChatModel.builder()
        .baseUrl(System.getenv("OLLAMA_URL"))
        .modelName("llama-guard3:1b")
        .build()

    fun isSafe(text: String): Boolean = model.chat(text).trim().startsWith("safe")
}
