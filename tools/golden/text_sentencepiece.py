"""Small SentencePiece models and the ids they give, by Google's own program.

/usr/bin/python3 tools/golden/text_sentencepiece.py
"""
import base64, gzip, json, os, tempfile
import sentencepiece as spm

here = os.path.dirname(os.path.abspath(__file__))
kjv = os.path.join(here, '../../lyceum-data/src/main/resources/lyceum/data/corpus/kjv.tsv.gz')
out = os.path.join(here, '../../lyceum-text/src/test/resources/golden/text_sentencepiece.json')
verses = [line.rstrip('\n').rsplit('\t', 1)[1] for line in gzip.open(kjv, 'rt', encoding='utf-8')]
odd = ['', ' ', '  two  spaces ', 'a', 'Zebra!', 'caf\u00e9 e\u0301', '\u6f22\u5b57 and \U0001f600', '\u2581mark', 'x\u2581y', 'tab\there', 'line\nend', '<s>', '</s> text', '<unk>', '<0x41>',
       '\ufb01ne \u2460', '\u0130stanbul', 'aaaa aaaaaaaa', 'The LORD', 'the lord', '...', "don't", '1234567890', '\u00a0nbsp', 'na\u00efve', 'ZZZZ\u4e00\u4e8c\u4e09', 'LORD GOD']
texts = verses[::1000] + odd
folder = tempfile.mkdtemp()
rules = os.path.join(folder, 'rules.tsv')
# a small map of characters: fi ligature, circled one, e with acute, no-break space, tab
with open(rules, 'w') as f:
    f.write('FB01\t66 69\n2460\t31\n65 301\tE9\nA0\t20\n9\t20\nA\t20\n')
text = os.path.join(folder, 'text')
with open(text, 'w') as f:
    f.write('\n'.join(verses[:3000]))
cases = []
for name, options in [('unigram', dict(model_type='unigram', normalization_rule_name='identity')),
                      ('unigram bytes', dict(model_type='unigram', normalization_rule_name='identity', byte_fallback=True, vocab_size=700)),
                      ('unigram rules', dict(model_type='unigram', normalization_rule_tsv=rules)),
                      ('unigram plain', dict(model_type='unigram', normalization_rule_name='identity', add_dummy_prefix=False, remove_extra_whitespaces=False)),
                      ('unigram user', dict(model_type='unigram', normalization_rule_name='identity', user_defined_symbols='LORD,Zebra')),
                      ('bpe', dict(model_type='bpe', normalization_rule_name='identity')),
                      ('bpe user', dict(model_type='bpe', normalization_rule_name='identity', user_defined_symbols='LORD,Zebra,he,hea,L')),
                      ('bpe bytes', dict(model_type='bpe', normalization_rule_name='identity', byte_fallback=True, vocab_size=700))]:
    settings = dict(vocab_size=450, num_threads=1, minloglevel=2)
    settings.update(options)
    prefix = os.path.join(folder, 'm')
    spm.SentencePieceTrainer.train(input=text, model_prefix=prefix, **settings)
    model = open(prefix + '.model', 'rb').read()
    sp = spm.SentencePieceProcessor(model_proto=model)
    cases.append({'name': name, 'model': base64.b64encode(model).decode(), 'ids': [sp.encode(t) for t in texts], 'decoded': [sp.decode(sp.encode(t)) for t in texts]})
with open(out, 'w') as f:
    json.dump({'reference': 'sentencepiece ' + spm.__version__, 'odd': odd, 'cases': cases}, f)
print(os.path.getsize(out))
