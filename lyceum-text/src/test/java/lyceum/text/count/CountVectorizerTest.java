package lyceum.text.count;

import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import lyceum.data.corpus.Corpora;
import lyceum.tensor.Csr;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.text.count.CountVectorizer.Unit;
import org.junit.jupiter.api.Test;

class CountVectorizerTest {
    private static final String TOPIC = "bag-of-words";
    private static final Golden GOLDEN = Golden.load("golden/counts.json");

    static List<String> verses() {
        var all = Corpora.kingJames().stream().flatMap(d -> d.text().lines()).toList();
        return IntStream.range(0, 2000).mapToObj(i -> all.get(15 * i)).toList();
    }

    private static List<CountVectorizer> options() {
        var plain = new CountVectorizer();
        var options = new ArrayList<CountVectorizer>();
        for (int[] n : new int[][] {{1, 1}, {1, 2}, {2, 2}, {1, 3}})
            for (boolean binary : new boolean[] {false, true})
                for (boolean lower : new boolean[] {true, false})
                    options.add(plain.withNGrams(n[0], n[1]).withBinary(binary).withLowerCase(lower));
        var stop = plain.withStopWords("the", "and", "of", "to", "in", "that");
        var characters = plain.withUnit(Unit.CHARACTERS);
        var inWords = plain.withUnit(Unit.CHARACTERS_IN_WORDS);
        int[] sizes = GOLDEN.named("counted").ints("input.maxFeatures");
        options.addAll(List.of(plain.withMinDocuments(2), plain.withMinDocuments(5).withMaxDocuments(0.5), plain.withMinDocuments(0.01),
                plain.withMaxDocuments(100), plain.withMaxDocuments(0.2).withNGrams(1, 2), stop, stop.withNGrams(2, 3),
                plain.withStripAccents(true).withMinDocuments(3), characters.withNGrams(2, 3),
                characters.withNGrams(1, 4).withMinDocuments(10), inWords.withNGrams(2, 4), inWords.withNGrams(3, 5).withMaxDocuments(0.1),
                plain.withMaxFeatures(sizes[0]), plain.withNGrams(1, 2).withMaxFeatures(sizes[1])));
        return options;
    }

    private static long crc(int[] values) {
        var bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int v : values) bytes.putInt(v);
        var crc = new CRC32();
        crc.update(bytes.array());
        return crc.getValue();
    }

    private static long[] checksums(Csr x) {
        return new long[] {crc(IntStream.rangeClosed(0, (int) x.rows()).map(x::rowStart).toArray()),
                crc(IntStream.range(0, x.entries()).map(x::column).toArray()),
                crc(Arrays.stream(x.values().toDoubleArray()).mapToInt(v -> (int) v).toArray())};
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void countsAreThoseOfScikitLearn() {
        var verses = verses();
        double[][] expected = GOLDEN.named("counted").matrix("expected.columnsAndChecksums");
        int wrong = 0, streamed = 0;
        var options = options();
        for (int o = 0; o < options.size(); o++) {
            var matrix = options.get(o).fitTransform(verses);
            var crc = new CRC32();
            crc.update(String.join("\n", matrix.terms()).getBytes(StandardCharsets.UTF_8));
            long[] sums = checksums(matrix.counts()), own = {matrix.terms().size(), crc.getValue(), sums[0], sums[1], sums[2]};
            for (int k = 0; k < own.length; k++) if (own[k] != expected[o][k]) wrong++;
            // read once from something that has no size, and by a vocabulary that was learned first
            var model = options.get(o).fit(() -> verses.stream().iterator());
            if (!model.terms().equals(matrix.terms())
                    || !Arrays.equals(checksums(model.transform(() -> verses.stream().iterator()).counts()), sums))
                streamed++;
        }
        Evidence.of("option sets on 2,000 documents", options.size(), exactly(30));
        Evidence.of("sizes, vocabularies, row starts, columns or counts other than scikit-learn's", wrong, exactly(0));
        long[] hashed = checksums(new CountVectorizer().withNGrams(1, 2).hashing(1024).transform(verses));
        int differ = 0;
        double[] golden = GOLDEN.named("hashed").doubles("expected.checksums");
        for (int k = 0; k < 3; k++) if (hashed[k] != golden[k]) differ++;
        Evidence.of("hashed row starts, columns or signed counts other than HashingVectorizer's", differ, exactly(0));
        Evidence.of("option sets where a stream gives something else", streamed, exactly(0));
    }

    private static List<String> randomText(Random random, int alphabet, int length) {
        return IntStream.range(0, length).mapToObj(_ -> "w" + random.nextInt(alphabet)).toList();
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Acceptance(topic = TOPIC, clause = 3)
    @Test void orderIsLostAndBigramsKeepSomeOfIt() {
        var random = new Random(2);
        int permuted = 0, unequal = 0, distinct = 0, sums = 0, texts = 0, alike = 0;
        for (; texts < 1000; texts++) {
            boolean isDistinct = texts % 2 == 0;
            int length = 3 + random.nextInt(6);
            List<String> words = isDistinct ? IntStream.range(0, length).mapToObj(i -> "w" + i).toList() : randomText(random, 3, length);
            var other = new ArrayList<>(words);
            do Collections.shuffle(other, random); while (isDistinct && other.equals(words));
            var both = List.of(String.join(" ", words), String.join(" ", other));
            var unigrams = new CountVectorizer().fitTransform(both);
            if (!Arrays.equals(unigrams.counts().toDense().toRows()[0], unigrams.counts().toDense().toRows()[1])) permuted++;
            if (unigrams.counts().sum(1).toDoubleArray()[0] != words.size()) sums++;
            double[][] bigrams = new CountVectorizer().withNGrams(2, 2).fitTransform(both).counts().toDense().toRows();
            boolean equal = Arrays.equals(bigrams[0], bigrams[1]);
            if (equal != pairs(words).equals(pairs(other))) unequal++;
            if (equal) alike++;
            if (isDistinct && equal) distinct++;
        }
        Evidence.of("random texts", texts, exactly(1000));
        Evidence.of("permutations with another unigram row", permuted, exactly(0));
        Evidence.of("bigram rows equal where brute-force pairs are not, or the reverse", unequal, exactly(0));
        Evidence.of("permutations of distinct words with an equal bigram row", distinct, exactly(0));
        Evidence.of("row sums other than the number of tokens", sums, exactly(0));
        assertThat(alike).as("permutations that bigrams cannot tell apart").isPositive();
        assertThat(Arrays.stream(new CountVectorizer().fitTransform(verses()).counts().sum(1).toDoubleArray()).sum())
                .isEqualTo(verses().stream().mapToInt(v -> TermSplitter.WORDS.split(v).size()).sum());
    }

    private static List<String> pairs(List<String> words) {
        return IntStream.range(1, words.size()).mapToObj(i -> words.get(i - 1) + " " + words.get(i)).sorted().toList();
    }

    @Test void optionsAndMistakes() {
        var model = new CountVectorizer().withVocabulary(List.of("dog", "cat")).fit(List.of());
        assertThat(model.terms()).containsExactly("dog", "cat");
        var counts = model.transform(List.of("a cat, a dog, a cat", "mouse")).counts();
        assertThat(counts.toDense().toRows()).isDeepEqualTo(new double[][] {{1, 2}, {0, 0}});
        assertThat(model.inverse(counts)).containsExactly(List.of("dog", "cat"), List.of());
        assertThat(new CountVectorizer().withStripAccents(true).terms("Café ÀB")).containsExactly("cafe", "ab");
        assertThat(new CountVectorizer().withSplitter(TermSplitter.BLANKS).terms("a-b C")).containsExactly("a-b", "c");
        assertThat(new CountVectorizer().withSplitter(TermSplitter.ALL_WORDS).terms("I_1 am\uD835\uDFDB")).containsExactly("i_1",
                "am\uD835\uDFDB");
        assertThatThrownBy(() -> new CountVectorizer().withStopWords(Set.of("cat")).fit(List.of("cat cat")))
                .hasMessageContaining("no term");
        assertThatThrownBy(() -> new CountVectorizer().withNGrams(2, 1)).hasMessageContaining("from 2 to 1");
        assertThatThrownBy(() -> new CountVectorizer().withVocabulary(List.of("a", "a")).fit(List.of()).transform(List.of("a")))
                .hasMessageContaining("'a' twice");
        assertThatThrownBy(() -> new CountVectorizer().hashing(0)).hasMessageContaining("0 columns");
    }

    /** Words are counted where they stand; terms are made one by one. Both are the same words, whatever lower case does to a text. */
    @Test void wordsThatAreCountedWhereTheyStandAreTheTerms() {
        var texts = List.of("In the Beginning GOD created", "\u0130stanbul \u0130 a\u0130b", "x", "",
                "a_B c2 \u00bd\u2460 \ud835\udd4f\ud835\udd50z", "STRASSE stra\u00dfe \u1e9e\u1e9e", "beginnings, beginning; BEGINNING",
                "\ud835 ab", "\u01c5\u01c5 \u03a3\u03a3\u03a3");
        for (var how : List.of(new CountVectorizer(), new CountVectorizer().withSplitter(TermSplitter.ALL_WORDS),
                new CountVectorizer().withLowerCase(false), new CountVectorizer().withStripAccents(true))) {
            var counted = how.fitTransform(texts);
            var again = how.fit(texts).transform(texts);
            for (int i = 0; i < texts.size(); i++) {
                var row = counted.rows(i).counts().toDense().toDoubleArray();
                var words = new ArrayList<String>();
                for (int j = 0; j < row.length; j++) words.addAll(Collections.nCopies((int) row[j], counted.terms().get(j)));
                assertThat(words).containsExactlyInAnyOrderElementsOf(how.terms(texts.get(i)));
                assertThat(again.rows(i).counts().toDense().toDoubleArray()).isEqualTo(row);
            }
        }
    }
}
