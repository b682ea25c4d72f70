/**
 * What the Python process runs: reads a request from its input, and writes one line of JSON, a score or the reason why
 * there is none.
 */
export const pythonScript: string = `
import json
import sys
from importlib import metadata


def fail(reason):
    print(json.dumps({"error": reason}))
    sys.exit(0)


def need(package, module):
    try:
        __import__(module)
        return metadata.version(package)
    except Exception as error:
        fail(f"the Python package {package} is not there ({error}); install it with: pip install {package}")


def comet(request):
    version = need("unbabel-comet", "comet")
    from comet import download_model, load_from_checkpoint

    model = load_from_checkpoint(download_model(request["model"]))
    rows = [
        {"src": s["source"], "mt": s["hypothesis"], "ref": s["reference"]}
        if model.requires_references()
        else {"src": s["source"], "mt": s["hypothesis"]}
        for s in request["segments"]
    ]
    import torch

    gpus = 1 if torch.cuda.is_available() else 0
    score = model.predict(rows, batch_size=16, gpus=gpus).system_score * 100
    return score, f"unbabel-comet:{version}|model:{request['model']}"


def metricx(request):
    version = need("transformers", "transformers")
    try:
        from metricx24 import models
    except Exception as error:
        fail(f"the Python package metricx24 is not there ({error}); install it from github.com/google-research/metricx")
    import torch
    import transformers

    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = transformers.AutoTokenizer.from_pretrained("google/mt5-large")
    model = models.MT5ForRegression.from_pretrained(request["model"]).to(device).eval()
    total = 0.0
    with torch.no_grad():
        for s in request["segments"]:
            text = f"source: {s['source']} candidate: {s['hypothesis']} reference: {s['reference']}"
            tokens = tokenizer(text, max_length=1536, truncation=True, return_tensors="pt")
            # The model was trained without the end token.
            inputs = {name: values[:, :-1].to(device) for name, values in tokens.items()}
            total += float(model(**inputs).predictions)
    return total / len(request["segments"]), f"metricx24|transformers:{version}|model:{request['model']}"


request = json.load(sys.stdin)
try:
    score, signature = metricx(request) if request["measure"] == "MetricX" else comet(request)
    print(json.dumps({"score": score, "signature": signature}))
except Exception as error:
    fail(f"{type(error).__name__}: {error}")
`;
