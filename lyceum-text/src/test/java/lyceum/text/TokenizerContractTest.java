package lyceum.text;

import java.util.List;
import org.junit.jupiter.api.Test;

class TokenizerContractTest {
    private static final List<String> SOME = Given.verses().subList(0, 800);

    @Test void bytes() { TokenizerContract.check("bytes", new ByteTokenizer(), true); }

    @Test void byteLevelBpe() { TokenizerContract.check("byte-level BPE", Given.byteLevel8000(), true); }

    @Test void chat() { TokenizerContract.check("byte-level BPE with control tokens", SpecialTokensTest.chat(), true); }

    @Test void characterBpe() { TokenizerContract.check("BPE of characters", BpeTrainer.characters(800).train(SOME), false); }

    @Test void metaspaceBpe() { TokenizerContract.check("BPE with byte fallback", BpeTrainer.spaced(800).train(SOME), true); }

    @Test void unigram() { TokenizerContract.check("unigram", new UnigramTrainer(800).train(SOME), false); }

    @Test void unigramWithBytes() { TokenizerContract.check("unigram with byte fallback", UnigramTrainer.spaced(1000).train(SOME), true); }

    @Test void wordPiece() { TokenizerContract.check("WordPiece", new WordPieceTrainer(800).train(SOME), false); }

    @Test void miniLm() { TokenizerContract.check("MiniLM", Given.miniLm(), false); }

    @Test void words() {
        TokenizerContract.check("words", WordTokenizer.of(WordSplitter.WHITESPACE, SOME, 500), false);
        TokenizerContract.check("Treebank words", WordTokenizer.of(WordSplitter.treebank(), SOME, 500), false);
        TokenizerContract.check("characters", WordTokenizer.of(WordSplitter.CHARACTERS, SOME, 50), false);
    }
}
