"""Entries for build servers: a GitHub workflow, a GitLab job, a pre-commit hook."""

from __future__ import annotations

WORKFLOW_FILE = ".github/workflows/llama-advisor.yml"
GITHUB = """\
name: llama-advisor
on:
  push:
  pull_request:
  schedule:
    - cron: "17 5 * * 1"  # prices and runtimes age without a commit
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install llama-advisor=={version}
      - run: >-
          llama-advisor check {paths}
          --format github
          --format markdown --output "$GITHUB_STEP_SUMMARY"
          --format sarif --output llama-advisor.sarif
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: llama-advisor
          path: llama-advisor.sarif
"""
GITLAB = """\
llama-advisor:
  image: python:3.12-slim
  script:
    - pip install llama-advisor=={version}
    - >-
      llama-advisor check {paths}
      --format text
      --format gitlab --output gl-code-quality-report.json
      --format junit --output llama-advisor.xml
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
      junit: llama-advisor.xml
"""
PRE_COMMIT = """\
repos:
  - repo: local
    hooks:
      - id: llama-advisor-check
        name: llama-advisor check
        entry: llama-advisor check {paths}
        language: python
        additional_dependencies: ["llama-advisor=={version}"]
        always_run: true
        pass_filenames: false
"""
