from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

with DAG("nightly", schedule="@daily") as dag:
    label = KubernetesPodOperator(
        task_id="label",
        name="label-llama-3-1-70b",
        image="vllm/vllm-openai:v0.9.2",
        cmds=["python", "-m", "vllm.entrypoints.openai.run_batch"],
        arguments=["-i", "in.jsonl", "-o", "out.jsonl", "--model", "meta-llama/Llama-3.1-8B-Instruct", "--max-model-len", "8192"],
    )
    warm = BashOperator(task_id="warm", bash_command='''
        set -e
        # ollama pull llama3.1:70b
        ollama pull llama3.2:3b
    ''')
