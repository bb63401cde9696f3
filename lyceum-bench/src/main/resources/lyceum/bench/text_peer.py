"""Text as Python's libraries do it: each request is timed calls, answered with their seconds."""
import time

from peer import serve

lines = {}


def hello():
    names = []
    for name in ("sentencepiece", "nltk", "sklearn"):
        try:
            names.append(name + " " + __import__(name).__version__)
        except ImportError:
            pass
    return {"name": ", ".join(names)}


def load(name, file):
    with open(file, encoding="utf-8") as text:
        lines[name] = text.read().split("\n")
    return {"lines": len(lines[name])}


def timed(body, calls):
    start = time.perf_counter()
    for _ in range(calls):
        body()
    return {"seconds": time.perf_counter() - start}


def sentencepiece(model, name, calls):
    import sentencepiece
    processor = sentencepiece.SentencePieceProcessor(model_file=model)
    return timed(lambda: [len(processor.encode(text)) for text in lines[name]], calls)


def count(name, calls):
    from sklearn.feature_extraction.text import CountVectorizer
    return timed(lambda: CountVectorizer().fit_transform(lines[name]), calls)


def tfidf(name, calls):
    from sklearn.feature_extraction.text import TfidfVectorizer
    return timed(lambda: TfidfVectorizer().fit_transform(lines[name]), calls)


def kneser_ney(name, tests, calls):
    from nltk.lm import KneserNeyInterpolated
    from nltk.lm.preprocessing import padded_everygram_pipeline
    texts = [line.split() for line in lines[name]]

    def run():
        grams, words = padded_everygram_pipeline(3, texts)
        model = KneserNeyInterpolated(3)
        model.fit(grams, words)
        return [model.score(text[2], text[:2]) for text in texts[:tests] if len(text) > 2]
    return timed(run, calls)


serve(hello, load, sentencepiece, count, tfidf, kneser_ney)
