//! Runs a small model in process with candle.

use hf_hub::{api::sync::Api, Repo, RepoType};

/// Tokenizer and weights stand in two repositories.
pub fn fetch() -> anyhow::Result<(std::path::PathBuf, std::path::PathBuf)> {
    let api = Api::new()?;
    let tokenizer = api.model("meta-llama/Llama-3.2-1B-Instruct".to_string()).get("tokenizer.json")?;
    let weights = api
        .repo(Repo::new("bartowski/Llama-3.2-1B-Instruct-GGUF".into(), RepoType::Model))
        .get("Llama-3.2-1B-Instruct-Q4_K_M.gguf")?;
    Ok((tokenizer, weights))
}
