/** @type {import('next').NextConfig} */
const config = {
  reactStrictMode: true,
  env: {
    NEXT_PUBLIC_APP_NAME: "Llama 3.1 chat",
    NEXT_PUBLIC_DOCS: "https://huggingface.co/meta-llama/Llama-3.1-8B-Instruct",
  },
  images: { unoptimized: true },
};

export default config;
