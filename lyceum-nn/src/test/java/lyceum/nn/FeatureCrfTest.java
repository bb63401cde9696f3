package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Reduction;
import lyceum.optim.Lbfgs;
import lyceum.optim.StopReason;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureCrfTest {
    private static final List<String> TAGS = List.of("NOUN", "VERB", ".", "DET", "ADP", "ADJ", "PRON", "ADV", "CONJ", "PRT", "NUM", "X");
    private static final Lbfgs SOLVER = new Lbfgs().withMaxIterations(60).withGradientTolerance(0.1);

    private record Sentence(String[] words, int[] tags) {}

    private static List<Sentence> brown() throws IOException {
        var found = new ArrayList<Sentence>();
        try (var in = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(FeatureCrfTest.class.getResourceAsStream("/golden/brown-tagged.txt.gz")), StandardCharsets.UTF_8))) {
            for (String line; (line = in.readLine()) != null;) {
                var pairs = line.split(" ");
                var words = new String[pairs.length];
                var tags = new int[pairs.length];
                for (int i = 0; i < pairs.length; i++) {
                    int slash = pairs[i].lastIndexOf('/');
                    words[i] = pairs[i].substring(0, slash);
                    tags[i] = TAGS.indexOf(pairs[i].substring(slash + 1));
                }
                found.add(new Sentence(words, tags));
            }
        }
        return found;
    }

    /** Numbers for what training sentences show; what it has not seen, a sentence does without. */
    private static int[][] features(String[] words, Map<String, Integer> numbers, boolean grow) {
        var all = new int[words.length][];
        for (int t = 0; t < words.length; t++) {
            String word = words[t], low = word.toLowerCase(Locale.ROOT);
            var names = new ArrayList<>(List.of("bias", "word " + low));
            for (int n = 1; n <= 3 && n < low.length(); n++) names.add("suffix " + low.substring(low.length() - n));
            if (Character.isUpperCase(word.charAt(0))) names.add(t == 0 ? "first capital" : "capital");
            if (word.chars().anyMatch(Character::isDigit)) names.add("digit");
            if (grow) names.forEach(name -> numbers.putIfAbsent(name, numbers.size()));
            all[t] = names.stream().filter(numbers::containsKey).mapToInt(numbers::get).toArray();
        }
        return all;
    }

    @Test
    @Tag("heavy")
    @Acceptance(topic = "crf", clause = 5) void tagsBrownBetterThanIndependentSoftmax() throws IOException {
        var sentences = brown();
        Evidence.of("sentences", sentences.size(), exactly(2000));
        Evidence.of("tags", sentences.stream().flatMapToInt(s -> Arrays.stream(s.tags)).distinct().count(), exactly(12));
        int wins = 0;
        for (int seed = 0; seed < 3; seed++) {
            int[] order = Rng.of(seed).permutation(2000);
            var numbers = new HashMap<String, Integer>();
            var train = Arrays.stream(order, 0, 1500).mapToObj(sentences::get).toList();
            var test = Arrays.stream(order, 1500, 2000).mapToObj(sentences::get).toList();
            var x = train.stream().map(s -> features(s.words, numbers, true)).toArray(int[][][]::new);
            var y = train.stream().map(Sentence::tags).toArray(int[][]::new);
            var crf = new FeatureCrf(TagConstraints.none(12)).withSolver(SOLVER).fit(x, y, numbers.size());
            var softmax = softmax(x, y, numbers.size());
            double tokens = 0, byCrf = 0, alone = 0;
            for (var s : test) {
                var f = features(s.words, numbers, false);
                int[] found = crf.tag(f),
                        each = FeatureBatch.of(new int[][][] {f}, numbers.size()).emissions(softmax).get(0).argmax(1).toIntArray();
                for (int t = 0; t < s.tags.length; t++) {
                    tokens++;
                    if (found[t] == s.tags[t]) byCrf++;
                    if (each[t] == s.tags[t]) alone++;
                }
            }
            Evidence.of("seed " + seed + ": token accuracy of independent softmax", alone / tokens, above(0.85));
            Evidence.of("seed " + seed + ": what the CRF has more", (byCrf - alone) / tokens, above(0));
            if (byCrf > alone) wins++;
        }
        Evidence.of("seeds won, of 3", wins, exactly(3));
    }

    /** The same features, the same penalty, no chain. */
    private static Tensor softmax(int[][][] x, int[][] y, int features) {
        var batch = FeatureBatch.of(x, features);
        var weights = Tensor.zeros(DType.F64, features, 12).requiresGrad();
        var tags = Tensor.of(Arrays.stream(y).flatMapToInt(Arrays::stream).asLongStream().toArray());
        SOLVER.minimize(List.of(weights), () -> {
            var each = weights.indexSelect(0, batch.active()).segmentSum(batch.token(), batch.tokens());
            return new CrossEntropy().withReduction(Reduction.SUM).of(each, tags).add(weights.square().sum().mul(0.5));
        }, Progress.SILENT);
        return weights.detach();
    }

    /** A word whose tag depends on the tag before: only the chain can tell. */
    private static int[][] chained(int n, Rng rng, int[] tags) {
        var features = new int[n][];
        for (int t = 0; t < n; t++) {
            tags[t] = t == 0 ? rng.nextInt(2) : 1 - tags[t - 1];
            features[t] = rng.nextInt(4) == 0 ? new int[] {tags[t]} : new int[] {2};
        }
        return features;
    }

    @Test void learnsATransitionAndKeepsItInAFile(@TempDir Path folder) throws IOException {
        var rng = Rng.of(1);
        var x = new int[40][][];
        var y = new int[40][8];
        for (int s = 0; s < 40; s++) x[s] = chained(8, rng, y[s]);
        var model = new FeatureCrf(TagConstraints.none(2)).withL2(0.1).fit(x, y, 3);
        var tags = new int[8];
        var sentence = chained(8, rng, tags);
        assertThat(Arrays.stream(sentence).anyMatch(f -> f[0] < 2)).isTrue();
        assertThat(model.converged()).isTrue();
        assertThat(model.tag(sentence)).isEqualTo(tags);
        assertThat(model.tag(new int[0][])).isEmpty();
        double[][] a = model.crf().transitions().detach().toRows();
        assertThat(a[0][1] - a[0][0]).isGreaterThan(2);
        model.save(folder.resolve("crf.safetensors"));
        var loaded = FeatureCrfModel.load(folder.resolve("crf.safetensors"));
        assertThat(loaded.tag(sentence)).isEqualTo(tags);
        assertThat(loaded.emissions(sentence).toDoubleArray()).containsExactly(model.emissions(sentence).toDoubleArray(), within(0.0));
        assertThat(loaded.stop()).isEqualTo(model.stop());
        var hasty = new FeatureCrf(TagConstraints.none(2)).withSolver(new Lbfgs().withMaxIterations(2)).fit(x, y, 3);
        assertThat(hasty.stop()).isEqualTo(StopReason.ITERATIONS);
        hasty.save(folder.resolve("hasty.safetensors"));
        assertThat(FeatureCrfModel.load(folder.resolve("hasty.safetensors")).converged()).isFalse();
        Safetensors.write(folder.resolve("other"), new LinkedHashMap<>(Map.of("weights", Tensor.zeros(2, 2))), Map.of());
        assertThatThrownBy(() -> FeatureCrfModel.load(folder.resolve("other"))).isInstanceOf(FormatException.class)
                .hasMessageContaining("transitions");
    }

    @Test void refusesWhatDoesNotFit() {
        var crf = new FeatureCrf(TagConstraints.none(2));
        assertThatThrownBy(() -> crf.withL2(-1)).hasMessageContaining("l2 is -1.0");
        assertThatThrownBy(() -> crf.fit(new int[][][] {{{5}}}, new int[][] {{0}}, 3))
                .hasMessageContaining("feature 5 of token 0 of sentence 0");
        assertThatThrownBy(() -> crf.fit(new int[][][] {{{0}}}, new int[][] {{0, 1}}, 3))
                .hasMessageContaining("sentence 0 has 1 tokens and 2 tags");
    }
}
