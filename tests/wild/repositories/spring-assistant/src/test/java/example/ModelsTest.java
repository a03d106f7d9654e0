package example;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.testcontainers.ollama.OllamaContainer;

class ModelsTest {
    @Test
    void names() {
        assertThat(new OllamaContainer("ollama/ollama:0.5.7")).isNotNull();
        assertThat(Names.of("meta-llama/Llama-3.1-8B-Instruct")).isEqualTo("llama-3.1-8b-instruct");
    }
}
