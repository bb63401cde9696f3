package lyceum.labs.search;

import java.util.List;
import lyceum.tensor.Tensor;
import lyceum.text.WordSplitter;
import lyceum.text.WordTokenizer;
import lyceum.text.encoder.TextEncoder;
import lyceum.text.encoder.TokenVectors;

/** An encoder that knows no meaning and counts down the texts that it is given. */
final class Counting implements TextEncoder {
    int texts;
    int headlines;

    Counting(int texts, int headlines) {
        this.texts = texts;
        this.headlines = headlines;
    }

    @Override public int dimension() { return 32; }

    @Override public Tensor encode(List<String> batch) {
        texts -= batch.size();
        return Tensor.ones(batch.size(), 32).div(Math.sqrt(32));
    }

    @Override public List<TokenVectors> tokens(List<String> batch) {
        headlines -= batch.size();
        var tokenizer = WordTokenizer.of(WordSplitter.WHITESPACE, batch, 1000);
        return batch.stream().map(text -> {
            var encoding = tokenizer.encode(text);
            return new TokenVectors(encoding, Tensor.ones(encoding.size(), 32));
        }).toList();
    }
}
