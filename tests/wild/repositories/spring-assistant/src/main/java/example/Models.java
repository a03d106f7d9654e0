package example;

import dev.langchain4j.model.ollama.OllamaChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel;

/** Beans of the models. {@code llama3.2:1b} was too small for German. */
final class Models {

    // private static final String OLD = "llama3.1:70b";
    static OllamaChatModel local() {
        return OllamaChatModel.builder()
                .baseUrl("http://localhost:11434")
                .modelName("llama3.2:3b")
                .numCtx(4096)
                .build();
    }

    static OpenAiChatModel hosted() {
        return OpenAiChatModel.builder()
                .baseUrl("https://api.together.xyz/v1")
                .modelName("meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo")
                .build();
    }
}
