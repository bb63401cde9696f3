package lyceum.text.vector;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import lyceum.backend.Parallel;
import lyceum.prob.AliasTable;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.text.vector.FastTextSettings.Kind;
import lyceum.text.vector.FastTextSettings.Loss;

/** Stochastic descent on the rows of a model that nobody else has yet: an example at a time, at a rate that falls linearly to nothing. */
final class FastTextTraining {
    private final FastTextModel model;
    private final FastTextSettings settings;
    private final double learningRate;
    private final int threads;
    private final long seed;
    private final AliasTable noise;

    FastTextTraining(FastTextModel model, double learningRate, int threads, long seed) {
        this.model = model;
        this.learningRate = learningRate;
        this.threads = threads;
        this.seed = seed;
        settings = model.settings;
        noise = new AliasTable(Arrays.stream(model.isClassifier() ? model.labelCounts : model.counts).mapToDouble(Math::sqrt).toArray());
    }

    static void check(String what, int dimension, int window, int negatives, int minCount, int epochs, double learningRate, int threads) {
        if (dimension < 1 || window < 1 || negatives < 1 || minCount < 1 || epochs < 1 || threads < 1)
            throw new IllegalArgumentException(what + ": dimension " + dimension + ", window " + window + ", negatives " + negatives
                    + ", minCount " + minCount + ", epochs " + epochs + ", threads " + threads + "; each is at least 1");
        if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(what + ": learningRate is " + learningRate + "; it is positive");
    }

    /** Learns one sentence or text. */
    private interface Lesson {
        void learn(Learner by, int number);
    }

    FastTextModel words(int[][] sentences, long[] counts, Progress progress) {
        int[][] rows = IntStream.range(0, counts.length).mapToObj(i -> model.rows(model.words.get(i))).toArray(int[][]::new);
        var pairs = new SkipGramPairs(settings.window(), true,
                settings.subsample() == 0 ? null : SkipGramPairs.keeping(counts, settings.subsample()));
        long most = 2L * settings.window() * Arrays.stream(rows).mapToInt(r -> r.length).max().orElseThrow();
        Lesson lesson = (by, number) -> pairs.windows(sentences[number], by.rng, (text, at, from, to) -> {
            if (settings.kind() == Kind.SKIP_GRAM) {
                int[] centre = rows[text[at]];
                for (int i = from; i < to; i++) if (i != at) by.step(centre, centre.length, text[i]);
                return;
            }
            if (by.inputs == null) by.inputs = new int[Math.toIntExact(most)];
            int n = 0;
            for (int i = from; i < to; i++) {
                if (i == at) continue;
                System.arraycopy(rows[text[i]], 0, by.inputs, n, rows[text[i]].length);
                n += rows[text[i]].length;
            }
            if (n > 0) by.step(by.inputs, n, text[at]);
        });
        return run(sentences.length, i -> sentences[i].length, lesson, progress);
    }

    FastTextModel labels(List<FastTextClassifier.Labelled> texts, Progress progress) {
        var numbers = new HashMap<String, Integer>();
        for (var label : model.labels) numbers.put(label, numbers.size());
        int[][] features = new int[texts.size()][], labels = new int[texts.size()][];
        for (int i = 0; i < features.length; i++) {
            features[i] = model.features(texts.get(i).words());
            labels[i] = texts.get(i).labels().stream().mapToInt(numbers::get).toArray();
        }
        Lesson lesson = (by, i) -> {
            if (features[i].length == 0) return;
            if (settings.loss() == Loss.ONE_VS_ALL) by.step(features[i], labels[i]);
            else by.step(features[i], features[i].length, labels[i][labels[i].length == 1 ? 0 : by.rng.nextInt(labels[i].length)]);
        };
        return run(features.length, i -> 1 + texts.get(i).words().size(), lesson, progress);
    }

    private interface Sizes {
        int of(int number);
    }

    private FastTextModel run(int n, Sizes sizes, Lesson lesson, Progress progress) {
        var done = new AtomicLong();
        double work = (double) settings.epochs() * IntStream.range(0, n).mapToLong(sizes::of).sum() + 1;
        for (int epoch = 0; epoch < settings.epochs(); epoch++) {
            int pass = epoch;
            var learners = new Learner[threads];
            Parallel.range(threads, 1, (from, to) -> {
                for (int t = (int) from; t < to; t++) {
                    learners[t] = new Learner(Rng.of(seed).split(1 + (long) pass * threads + t));
                    for (int i = t; i < n; i += threads) {
                        learners[t].rate = learningRate * Math.max(0, 1 - done.get() / work);
                        lesson.learn(learners[t], i);
                        done.addAndGet(sizes.of(i));
                    }
                }
            });
            double loss = 0, examples = 0;
            for (var learner : learners) {
                loss += learner.loss;
                examples += learner.examples;
            }
            progress.step("epoch", pass + 1, settings.epochs(), "loss", loss / Math.max(1, examples));
        }
        return model;
    }

    /** One thread's work on an epoch. */
    private final class Learner {
        final Rng rng;
        double rate, loss;
        long examples;
        int[] inputs;
        private final OutputSlopes slopes;
        private final int[] drawn;
        private final boolean[] truths;

        Learner(Rng rng) {
            this.rng = rng;
            boolean all = settings.loss() == Loss.ONE_VS_ALL;
            drawn = new int[settings.loss() == Loss.NEGATIVE_SAMPLING ? settings.negatives() : 0];
            truths = new boolean[all ? model.out.length : 0];
            slopes = model.slopes(all ? truths.length : drawn.length);
        }

        void step(int[] features, int n, int target) {
            for (int k = 0; k < drawn.length; k++) do drawn[k] = noise.sample(rng); while (drawn[k] == target);
            loss += slopes.of(features, n, target, drawn);
            move(features, n);
        }

        void step(int[] features, int[] labels) {
            Arrays.fill(truths, false);
            for (int label : labels) truths[label] = true;
            slopes.read(features, features.length);
            loss += slopes.independent(truths);
            move(features, features.length);
        }

        /** Every input takes the whole gradient by h, as the program has it; a classifier's their exact share. */
        private void move(int[] features, int n) {
            examples++;
            for (int j = 0; j < slopes.count; j++) {
                float[] row = model.out[slopes.rows[j]];
                double by = -rate * slopes.slope[j];
                for (int d = 0; d < row.length; d++) row[d] += (float) (by * slopes.hidden[d]);
            }
            double by = model.isClassifier() ? -rate / n : -rate;
            for (int i = 0; i < n; i++) {
                float[] row = model.in[features[i]];
                for (int d = 0; d < row.length; d++) row[d] += (float) (by * slopes.hiddenGradient[d]);
            }
        }
    }
}
