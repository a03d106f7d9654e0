use async_openai::{config::OpenAIConfig, types::CreateChatCompletionRequestArgs, Client};

// Was "meta-llama/Llama-3.1-70B-Instruct" while we had eight cards.
const MODEL: &str = "meta-llama/Llama-3.1-8B-Instruct";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = OpenAIConfig::new().with_api_base("http://vllm:8000/v1");
    let client = Client::with_config(config);
    let request = CreateChatCompletionRequestArgs::default().model(MODEL).max_tokens(256u32).build()?;
    let answer = client.chat().create(request).await?;
    println!("{:?}", answer.choices[0].message.content);
    Ok(())
}
