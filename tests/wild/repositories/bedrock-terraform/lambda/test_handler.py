import io
import json

import handler


class FakeRuntime:
    def invoke_model(self, modelId, body):
        assert modelId == "meta.llama3-1-70b-instruct-v1:0"
        return {"body": io.BytesIO(json.dumps({"generation": "hi"}).encode())}


def test_answers(monkeypatch):
    monkeypatch.setattr(handler, "runtime", FakeRuntime())
    assert handler.handler({"prompt": "x"}, None) == "hi"
