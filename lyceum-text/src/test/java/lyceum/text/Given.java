package lyceum.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import lyceum.data.corpus.Corpora;

/** What many tests start from, read or trained once. */
public final class Given {
    private Given() {}

    private static class MiniLm {
        static final byte[] JSON = json();
        static final TokenizerPipeline TOKENIZER = TokenizerPipeline.read(JSON).whole();

        private static byte[] json() {
            try (var in = Given.class.getResourceAsStream("/all-minilm-l6-v2-tokenizer.json")) {
                return in.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static class Verses {
        static final List<String> ALL = lines(true);
    }

    private static class Sentences {
        static final List<String> ALL = lines(false);
    }

    /** The bytes of MiniLM's tokenizer.json. */
    static byte[] miniLmJson() { return MiniLm.JSON; }

    /** MiniLM's tokenizer, cutting and padding switched off. */
    static TokenizerPipeline miniLm() { return MiniLm.TOKENIZER; }

    /** The 31,102 verses of the King James Bible. */
    public static List<String> verses() { return Verses.ALL; }

    /** The sentences of the Brown corpus. */
    public static List<String> brownSentences() { return Sentences.ALL; }

    private static List<String> lines(boolean bible) {
        var lines = new ArrayList<String>();
        (bible ? Corpora.kingJames() : Corpora.brown()).forEach(d -> lines.addAll(d.text().lines().toList()));
        return List.copyOf(lines);
    }

    private static class Bpe {
        static final TokenizerPipeline BYTES = BpeTrainer.byteLevel(8000, PreTokenizer.GPT4).train(Corpora.kingJames());
    }

    /** Byte-level BPE of 8,000 pieces, learned from the King James Bible. */
    static TokenizerPipeline byteLevel8000() { return Bpe.BYTES; }
}
