package example.kiosk

import org.pytorch.executorch.extension.llm.LlmModule

/** Runs the official quantized build; Llama-3.2-3B needs another phone. */
class ModelLoader(private val folder: String) {
    // val old = "$folder/Llama-3.1-8B-Instruct.pte"
    private val module = LlmModule(
        "$folder/Llama-3.2-1B-Instruct-SpinQuant_INT4_EO8.pte",
        "$folder/tokenizer.model",
        0.2f,
    )

    fun load(): Int = module.load()
}
