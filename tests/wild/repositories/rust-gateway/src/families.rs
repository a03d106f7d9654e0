#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Llama31,
    Llama32,
    Qwen25,
}

impl Family {
    pub fn of(name: &str) -> Option<Self> {
        match name {
            n if n.contains("Llama-3.1") => Some(Self::Llama31),
            n if n.contains("Llama-3.2") => Some(Self::Llama32),
            "Qwen/Qwen2.5-7B-Instruct" => Some(Self::Qwen25),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads() {
        assert_eq!(super::Family::of("meta-llama/Llama-3.2-1B"), Some(super::Family::Llama32));
    }
}
