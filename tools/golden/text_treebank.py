"""Treebank tokens of nltk on sentences derived from the Brown corpus: a hash a sentence.

/usr/bin/python3 tools/golden/text_treebank.py
"""
import gzip, hashlib, json, os
import nltk
from nltk.tokenize import TreebankWordTokenizer

here = os.path.dirname(os.path.abspath(__file__))
brown = os.path.join(here, '../../lyceum-data/src/main/resources/lyceum/data/corpus/brown.txt.gz')
out = os.path.join(here, '../../lyceum-text/src/test/resources/golden/text_treebank.json')

# Brown writes marks apart; these put them back, so that there is something to cut
REPAIRS = [('`` ', '"'), (" ''", '"'), (' ,', ','), (' .', '.'), (' ;', ';'), (' :', ':'), (' ?', '?'), (' !', '!'), ('( ', '('), (' )', ')'), (" '", "'")]

sentences = [line.rstrip('\n') for line in gzip.open(brown, 'rt', encoding='utf-8') if not line.startswith('== ')][::25][:2000]
hashes = []
for sentence in sentences:
    for old, new in REPAIRS:
        sentence = sentence.replace(old, new)
    tokens = TreebankWordTokenizer().tokenize(sentence)
    hashes.append(hashlib.sha1('\n'.join(tokens).encode('utf-8')).hexdigest()[:8])
with open(out, 'w') as f:
    json.dump({'reference': 'nltk ' + nltk.__version__, 'sentences': hashes}, f)
print(len(hashes))
