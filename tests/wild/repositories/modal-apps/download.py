import modal
from huggingface_hub import snapshot_download

volume = modal.Volume.from_name("weights", create_if_missing=True)
app = modal.App("download")
IGNORED = ["*.pth", "original/*"]


@app.function(volumes={"/weights": volume}, timeout=3600)
def pull():
    snapshot_download("unsloth/Llama-3.3-70B-Instruct", local_dir="/weights/large", ignore_patterns=IGNORED)
    snapshot_download(repo_id="microsoft/phi-4", local_dir="/weights/phi")
    snapshot_download("meta-llama/Llama-3.1-8B-Instruct-evals", repo_type="dataset", local_dir="/weights/evals")
    volume.commit()
