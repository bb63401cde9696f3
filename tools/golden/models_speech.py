"""lyceum-models: Silero VAD, versions 4 and 5, by ONNX Runtime on examples/speech.wav, and the segments by the rules of its own tool.

    tools/fetch-models; python3 tools/golden/models_speech.py

examples/speech.wav: two sentences by Debian's espeak-ng at 16 kHz with pauses of 0.8, 1.2 and 0.7 s, and noise of 0.002.
"""
import wave

import numpy as np
import onnxruntime

from golden import ROOT, write

onnxruntime.set_default_logger_severity(4)
RATE, CHUNK = 16000, 512
with wave.open(f"{ROOT}/examples/speech.wav") as file:
    samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768


def probabilities(model):
    session = onnxruntime.InferenceSession(f"{ROOT}/.lyceum/models/{model}.onnx", providers=["CPUExecutionProvider"])
    five = "v5" in model
    state, h, c = np.zeros((2, 1, 128), np.float32), np.zeros((2, 1, 64), np.float32), np.zeros((2, 1, 64), np.float32)
    context, found = np.zeros((1, 64), np.float32), []
    for at in range(0, len(samples), CHUNK):
        chunk = samples[at:at + CHUNK]
        chunk = np.pad(chunk, (0, CHUNK - len(chunk)))[None]
        if five:
            x = np.concatenate([context, chunk], 1)
            out, state = session.run(["output", "stateN"], {"input": x, "state": state, "sr": np.array(RATE, np.int64)})
            context = x[:, -64:]
        else:
            out, h, c = session.run(["output", "hn", "cn"], {"input": chunk, "h": h, "c": c, "sr": np.array(RATE, np.int64)})
        found.append(float(out[0, 0]))
    return found


def segments(probs, threshold=0.5, speech=0.25, silence=0.1, pad=0.03):
    """get_speech_timestamps of silero-vad, in samples."""
    pad, found, start, end = int(pad * RATE), [], None, 0
    for i, p in enumerate(probs):
        if p >= threshold:
            end = 0
            if start is None:
                start = CHUNK * i
        elif p < threshold - 0.15 and start is not None:
            end = end or CHUNK * i
            if CHUNK * i - end < silence * RATE:
                continue
            if end - start > speech * RATE:
                found.append([start, end])
            start, end = None, 0
    if start is not None and len(samples) - start > speech * RATE:
        found.append([start, len(samples)])
    for i, part in enumerate(found):
        if i == 0:
            part[0] = max(0, part[0] - pad)
        if i == len(found) - 1:
            part[1] = min(len(samples), part[1] + pad)
            continue
        pause = found[i + 1][0] - part[1]
        part[1] += pause // 2 if pause < 2 * pad else pad
        found[i + 1][0] -= pause // 2 if pause < 2 * pad else pad
    return found


rng = np.random.default_rng(3)
cases = []
for model in ["silero_vad_v5", "silero_vad_legacy"]:
    p = probabilities(model)
    cases.append({"name": model, "probabilities": p, "segments": segments(p)})
for n in range(4):  # rules alone, on walks between silence and speech
    p = np.clip(0.5 + np.cumsum(rng.normal(0, 0.2, len(cases[0]["probabilities"]))), 0, 1) if n % 2 else rng.random(len(cases[0]["probabilities"]))
    p = [round(float(v), 3) for v in p]
    cases.append({"name": f"walk {n}", "probabilities": p, "segments": segments(p)})
print([(c["name"], len(c["segments"])) for c in cases], cases[0]["segments"], cases[1]["segments"])
write("models", "speech", "onnxruntime " + onnxruntime.__version__, cases)
