package lyceum.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.FormatException;
import lyceum.testing.Fuzz;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tokenizers' files of every kind, bent: each is read, and then encodes, or is refused as malformed. */
class TokenizerFuzzTest {
    private static final String TEXT = "In the beginning God created hello world";

    private static Fuzz.Report fuzz(int n, Fuzz.Reader reader, byte[]... files) {
        return Fuzz.of(files).allowing(FormatException.class).within(Duration.ofSeconds(5)).mutants(n, reader);
    }

    private static void all(int n) {
        var verses = Given.verses().subList(0, 50);
        var pair = new TokenizerPipeline(
                new TokenizerSpec(new Bpe(Vocabulary.of("a", "b", "ab"), List.of(new Bpe.Merge("a", "b"))).withUserDefined(Set.of("b"))));
        var unigram = new UnigramTrainer(120).train(verses);
        var json = new ArrayList<byte[]>();
        TokenizerPipelineTest.zoo().forEach(p -> json.add(p.toJson()));
        for (var model : List.of(BpeTrainer.characters(120).train(verses), BpeTrainer.byteLevel(300, PreTokenizer.GPT4).train(verses),
                BpeTrainer.spaced(400).train(verses), new WordPieceTrainer(200).train(verses), unigram, pair))
            json.add(model.toJson());
        judged(fuzz(n, b -> TokenizerPipeline.read(b).ids(TEXT), json.toArray(byte[][]::new)));

        var small = VocabularySizing.cut(Given.byteLevel8000(), 300);
        byte[] ranks = Tiktoken.write(small);
        assertThat(Tiktoken.read(ranks, PreTokenizer.GPT4, Map.of()).ids(TEXT)).isEqualTo(small.ids(TEXT));
        judged(fuzz(n, b -> Tiktoken.read(b, PreTokenizer.GPT4, Map.of()).ids(TEXT), ranks));

        var models = new ArrayList<>(List.of(SentencePiece.write(new UnigramTrainer(300).train(Given.verses().subList(0, 200)))));
        for (var c : Golden.load("golden/text_sentencepiece.json").list("cases"))
            if (c.text("name").startsWith("bpe") || c.text("name").equals("unigram user"))
                models.add(Base64.getDecoder().decode(c.text("model")));
        judged(fuzz(n, b -> SentencePiece.read(b).ids(TEXT), models.toArray(byte[][]::new)));

        judged(fuzz(n, b -> new TokenizerPipeline(new TokenizerSpec(new WordLevel(Vocabulary.readText(b), null))).ids(TEXT),
                unigram.vocabulary().toText()));
        var merges = String.join("\n", ((Bpe) small.spec().model()).writeMerges()).getBytes(StandardCharsets.UTF_8);
        judged(fuzz(n, b -> Bpe.readMerges(new String(b, StandardCharsets.UTF_8).lines().toList()), merges));
    }

    private static void judged(Fuzz.Report report) {
        assertThat(report.accepted()).isPositive();
        assertThat(report.refused()).isPositive();
    }

    @Tag("slow")
    @Test void fiveThousandMutantsOfEachKindAreReadOrRefused() { all(5_000); }

    @Tag("heavy")
    @Test void aHundredThousandMutantsOfEachKindAreReadOrRefused() { all(100_000); }
}
