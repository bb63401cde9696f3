"""lyceum-nn: real ONNX models by ONNX Runtime on inputs of the seed recipe.

    tools/fetch-models; python3 tools/golden/onnx_models.py

Inputs are floats `scale * (2 u - 1)` with u uniform of the recipe, drawn in the order of the inputs, from seed 11 for each model; a rate is I64.
A model with states is run on several inputs one after another, its state outputs being the next state inputs, which begin as zeros. Of each output
of the last run the file has the shape, the largest magnitude and 64 elements evenly from all.
"""
import numpy as np
import onnxruntime

from golden import ROOT, Recipe, write

onnxruntime.set_default_logger_severity(4)
LINE = [1, 512]
MODELS = [
    # file, inputs (shape of floats, or a whole number), scale, runs, state outputs by state inputs
    ("ch_PP-OCRv4_det_infer", {"x": [1, 3, 160, 192]}, 1, 1, {}),
    ("ch_PP-OCRv4_rec_infer", {"x": [2, 3, 48, 160]}, 1, 1, {}),
    ("ch_ppocr_mobile_v2.0_cls_infer", {"x": [3, 3, 48, 192]}, 1, 1, {}),
    ("silero_vad_legacy", {"input": LINE, "sr": 16000, "h": [2, 1, 64], "c": [2, 1, 64]}, 0.3, 6, {"h": "hn", "c": "cn"}),
    ("silero_vad_v5", {"input": LINE, "state": [2, 1, 128], "sr": 16000}, 0.3, 6, {"state": "stateN"}),
    ("silero_vad_op18_ifless", {"input": LINE, "sr": 16000, "state": [2, 1, 128]}, 0.3, 6, {"state": "stateN"}),
    ("silero_vad_half", {"input": LINE, "state": [2, 1, 128]}, 0.3, 6, {"state": "stateN"}),
    ("silero_vad_16k_op15", {"input": LINE, "state": [2, 1, 128], "sr": 16000}, 0.3, 6, {"state": "stateN"}),
    ("melspectrogram", {"input": [1, 12400]}, 1000, 1, {}),
    ("embedding_model", {"input_1": [3, 76, 32, 1]}, 5, 1, {}),
    ("hey_jarvis_v0.1", {"x.1": [1, 16, 96]}, 20, 1, {}),
]

found = []
for name, inputs, scale, runs, states in MODELS:
    session = onnxruntime.InferenceSession(f"{ROOT}/.lyceum/models/{name}.onnx", providers=["CPUExecutionProvider"])
    recipe = Recipe(11)
    carried = {key: np.zeros(inputs[key], np.float32) for key in states}
    for _ in range(runs):
        feed = dict(carried)
        for key, what in inputs.items():
            if key not in feed:
                feed[key] = (np.array(what, np.int64) if isinstance(what, int)
                             else (scale * (2 * recipe.uniforms(int(np.prod(what))) - 1)).astype(np.float32).reshape(what))
        outputs = dict(zip([o.name for o in session.get_outputs()], session.run(None, feed)))
        carried = {key: outputs[value] for key, value in states.items()}
    rows = [{"name": key, "shape": list(y.shape), "most": round(float(np.abs(y).max()), 9),
             "some": [float(v) for v in y.ravel()[np.arange(64) * (y.size - 1) // 63]]} for key, y in outputs.items()]
    found.append({"name": name, "scale": scale, "runs": runs, "states": [f"{k}={v}" for k, v in states.items()],
                  "inputs": [{"name": k, "shape": v if isinstance(v, list) else [], "number": v if isinstance(v, int) else 0} for k, v in inputs.items()],
                  "outputs": rows})
    print(name, [(r["shape"], r["most"]) for r in rows])
write("nn", "onnx_models", "onnxruntime " + onnxruntime.__version__, found)
