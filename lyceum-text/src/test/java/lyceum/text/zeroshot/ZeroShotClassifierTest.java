package lyceum.text.zeroshot;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.data.corpus.Corpora;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.encoder.MiniLm;
import lyceum.text.encoder.TextEncoder;
import lyceum.text.encoder.TokenVectors;
import lyceum.text.encoder.Tsv;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ZeroShotClassifierTest {
    private static final String TOPIC = "zero-shot-learning";
    private static final List<String> GENRES = List.of("news", "religion", "government", "romance");

    /** A hundred passages of 80 words, 25 of a genre, and their vectors. */
    private static final class Brown {
        static final List<String> TEXTS = new ArrayList<>(), LABELS = new ArrayList<>();
        static final Tensor VECTORS;
        static {
            for (var genre : GENRES) {
                var samples = Corpora.brown().stream().filter(d -> d.domain().equals(genre)).toList();
                for (int i = 0; i < 25; i++) {
                    var words = samples.get(i % samples.size()).text().split("\\s+");
                    int from = 400 + 600 * (i / samples.size());
                    TEXTS.add(String.join(" ", Arrays.copyOfRange(words, from, from + 80)));
                    LABELS.add(genre);
                }
            }
            VECTORS = MiniLm.encoder().encode(TEXTS).compute();
        }
    }

    /** The share of passages that land with the label that stands in their genre's place. */
    private static double accuracy(ZeroShotClassifier classifier) {
        long[] best = classifier.scores(Brown.VECTORS).argmax(1).toLongArray();
        int right = 0;
        for (int i = 0; i < best.length; i++) if (best[i] == GENRES.indexOf(Brown.LABELS.get(i))) right++;
        return right / (double) best.length;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Acceptance(topic = TOPIC, clause = 3)
    @Tag("slow")
    @Test void labelTextsAloneSortBrownAndOtherNounsDoNot() {
        var encoder = MiniLm.encoder();
        double right = accuracy(ZeroShotClassifier.of(encoder, GENRES));
        Evidence.of("passages of four genres", Brown.TEXTS.size(), exactly(100));
        Evidence.of("accuracy by label texts alone, chance 0.25", right, atLeast(0.45));
        var nouns = new ArrayList<String>();
        for (var line : Tsv.read("nouns")) if (!line[0].equals("profession")) nouns.addAll(Arrays.asList(line));
        var vectors = new LinkedHashMap<String, Tensor>();
        var encoded = encoder.encode(nouns);
        for (int i = 0; i < nouns.size(); i++) vectors.put(nouns.get(i), encoded.get(i));
        // the nouns are encoded once
        var known = new TextEncoder() {
            @Override public int dimension() { return encoder.dimension(); }

            @Override public Tensor encode(List<String> texts) {
                return Tensor.stack(0, texts.stream().map(vectors::get).toArray(Tensor[]::new));
            }

            @Override public List<TokenVectors> tokens(List<String> texts) { throw new UnsupportedOperationException(); }
        };
        var rng = Rng.of(3);
        var draws = new double[200];
        for (int draw = 0; draw < 200; draw++) {
            var four = new ArrayList<String>();
            while (four.size() < 4) {
                var noun = nouns.get(rng.nextInt(nouns.size()));
                if (!four.contains(noun)) four.add(noun);
            }
            draws[draw] = accuracy(ZeroShotClassifier.of(known, four));
        }
        Arrays.sort(draws);
        Evidence.of("mean accuracy over 200 draws of four other nouns", Arrays.stream(draws).average().orElseThrow(), between(0.2, 0.3));
        // 198 of 200 are 99%
        Evidence.of("accuracy of the true labels less the 199th of the sorted 200", right - draws[198], above(0));
        var classifier = ZeroShotClassifier.of(encoder, GENRES, "This text is about {}.", "{}");
        assertThat(accuracy(classifier)).isGreaterThan(0.4);
        assertThat(classifier.classify("The Lord is my shepherd, and the church prays to God.")).isEqualTo("religion");
        assertThat(classifier.probabilities(List.of("She kissed him.", "A law was passed."), 0.05).sum(1).toDoubleArray())
                .containsExactly(new double[] {1, 1}, within(1e-5));
    }

    @Test void descriptionsAndErrors() {
        var encoder = new TextEncoder() {
            @Override public int dimension() { return 2; }

            @Override public Tensor encode(List<String> texts) {
                var rows = new float[texts.size() * 2];
                for (int i = 0; i < texts.size(); i++) {
                    rows[2 * i] = texts.get(i).startsWith("a") ? 3 : 1;
                    rows[2 * i + 1] = texts.get(i).endsWith("b") ? 2 : 0;
                }
                return Tensor.of(rows, texts.size(), 2);
            }

            @Override public List<TokenVectors> tokens(List<String> texts) { throw new UnsupportedOperationException(); }
        };
        var descriptions = new LinkedHashMap<String, List<String>>();
        descriptions.put("first", List.of("a"));
        descriptions.put("second", List.of("a", "b"));
        var classifier = new ZeroShotClassifier(encoder, descriptions);
        // unit vectors (1, 0) and (1, 2) / sqrt 5, their mean
        double x = (1 + 1 / Math.sqrt(5)) / 2, y = 1 / Math.sqrt(5);
        assertThat(classifier.scores(List.of("ax")).toDoubleArray()).containsExactly(new double[] {1, x / Math.hypot(x, y)}, within(1e-6));
        assertThat(classifier.classify(List.of("ax", "b"))).containsExactly("first", "second");
        assertThat(classifier.classify(List.of())).isEmpty();
        assertThat(classifier.labels()).containsExactly("first", "second");
        assertThatThrownBy(() -> ZeroShotClassifier.of(encoder, List.of("a"), "no place")).hasMessageContaining("has no {}");
        assertThatThrownBy(() -> ZeroShotClassifier.of(encoder, List.of("a", "a"))).hasMessageContaining("'a' occurs twice");
        assertThatThrownBy(() -> ZeroShotClassifier.of(encoder, List.of())).hasMessageContaining("no classes");
        assertThatThrownBy(() -> classifier.probabilities(List.of("a"), 0)).hasMessageContaining("temperature is 0.0");
        descriptions.put("third", List.of());
        assertThatThrownBy(() -> new ZeroShotClassifier(encoder, descriptions)).hasMessageContaining("'third' has no text");
    }
}
