package lyceum.nn;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Document;
import lyceum.format.Safetensors;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Optimizer;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightTyingTest {
    private static final int CONTEXT = 2;

    /** The next token from the two before it: their vectors side by side, a hidden layer, and a head. */
    private static final class Lm extends Module {
        private final Embedding embed;
        private final Linear mix, out;
        private final Linear head;

        Lm(int vocabulary, int width, Rng rng) {
            embed = new Embedding(new EmbeddingConfig(vocabulary, width).withInit(Init.normal(0.1)), rng);
            mix = new Linear(CONTEXT * width, 4 * width, rng);
            out = new Linear(4 * width, width, rng);
            head = Linear.sharing(Init.normal(0.1).sample(rng, DType.F32, vocabulary, width).compute().requiresGrad(), null);
        }

        @Override protected Tensor compute(Tensor ids, Pass pass) {
            return head.forward(out.forward(mix.forward(embed.forward(ids, pass).reshape(ids.size(0), -1), pass).gelu(), pass), pass);
        }
    }

    private static Lm tied(int vocabulary, int width, Rng rng) {
        return Module.tied(new Lm(vocabulary, width, rng), "embed.weight", "head.weight");
    }

    @Acceptance(topic = "weight-tying", clause = 1)
    @Test void aTiedHeadIsTheTable(@TempDir Path folder) throws IOException {
        int vocabulary = 11, width = 4;
        var untied = new Lm(vocabulary, width, Rng.of(1));
        var tied = Module.tied(untied, "embed.weight", "head.weight");
        Evidence.of("numbers saved beyond V d", untied.parameterCount() - tied.parameterCount() - vocabulary * width, exactly(0));
        Evidence.that("the head's tensor is the table", tied.head.weight() == tied.embed.weight());
        sharing();

        Autograd.noGrad(() -> { tied.head.weight().detach().get(3).copy_(Tensor.of(new float[] {9, 8, 7, 6}, 4)); });
        Evidence.of("what was written to the head's row 3, read from the table",
                tied.embed.forward(Tensor.of(3)).sub(Tensor.of(new float[] {9, 8, 7, 6}, 1, 4)).abs().max().item(), exactly(0));

        // The same values in two tensors.
        var apart = Module.untied(tied, "head.weight");
        assertThat(apart.head.weight()).isNotSameAs(tied.embed.weight());
        assertThat(apart.embed.weight()).isSameAs(tied.embed.weight());
        var twice = Module.copy(apart);
        var ids = Tensor.of(new long[] {3, 1, 0, 3, 5, 10}, 3, CONTEXT);
        var next = Tensor.of(new long[] {1, 3, 7}, 3);
        Loss.crossEntropy(tied.forward(ids), next).backward();
        Loss.crossEntropy(twice.forward(ids), next).backward();
        var gap = Gap.relativeBeyondOne().see("gradient", tied.embed.weight().grad().toDoubleArray(),
                twice.embed.weight().grad().add(twice.head.weight().grad()).toDoubleArray());
        Evidence.of("gap of the tied gradient from the sum of the untied ones", gap, below(1e-6));

        var file = folder.resolve("tied.safetensors");
        tied.save(file);
        var held = Safetensors.read(file).tensors();
        Evidence.of("tensors of V d numbers in the file", held.values().stream().filter(t -> t.count() == vocabulary * width).count(),
                exactly(1));
        var loaded = tied(vocabulary, width, Rng.of(3));
        loaded.load(file);
        Evidence.that("tied after loading",
                loaded.head.weight() == loaded.embed.weight() && Module.copy(loaded).parameterCount() == tied.parameterCount());
        Evidence.of("gap after loading", loaded.forward(ids).sub(tied.forward(ids)).abs().max().item(), exactly(0));
        Evidence.of("parameters that an optimiser sees",
                new Optimizer(List.of(new Optimizer.Group(new Adam(0.1), tied.parameters()))).parameters().size(), exactly(5));
    }

    /** Written in one, read in the other, both ways, for the heads that a table makes of itself. */
    private static void sharing() {
        var table = new Embedding(11, 4, Rng.of(2));
        var wide = table.tiedHead(6, Rng.of(3));
        var head = table.tiedHead();
        Autograd.noGrad(() -> {
            table.weight().detach().get(5).copy_(Tensor.of(new float[] {1, 2, 3, 4}, 4));
            head.weight().detach().get(7).copy_(Tensor.of(new float[] {4, 3, 2, 1}, 4));
        });
        var h = Tensor.of(new float[] {1, 0.5f, -1, 2}, 1, 4);
        Evidence.of("score of row 5 after writing the table", head.forward(h).item(0, 5), exactly(1 + 1 - 3 + 8));
        Evidence.of("row 7 of the table after writing the head",
                table.forward(Tensor.of(7)).sub(Tensor.of(new float[] {4, 3, 2, 1}, 1, 4)).abs().max().item(), exactly(0));
        Evidence.of("numbers of the table and both of its heads", new Sequential(table, wide, head).parameterCount(),
                exactly(11 * 4 + 6 * 4));
        assertThat(wide.forward(Tensor.ones(1, 6)).item(0, 7))
                .isEqualTo(head.forward(wide.layers().getFirst().forward(Tensor.ones(1, 6))).item(0, 7));
    }

    /** The next token from the three before it, with dropout, a normalised state, and a bias for each token. */
    private static final class TextLm extends Module {
        private final Embedding embed;
        private final Linear mix, out, head;
        private final LayerNorm norm;

        TextLm(int vocabulary, int width, Rng rng) {
            embed = new Embedding(new EmbeddingConfig(vocabulary, width).withInit(Init.normal(0.1)), rng);
            mix = new Linear(Trigrams.CONTEXT * width, 4 * width, rng);
            out = new Linear(4 * width, width, rng);
            norm = new LayerNorm(width);
            head = Linear.sharing(Init.normal(0.1).sample(rng, DType.F32, vocabulary, width).compute().requiresGrad(),
                    Tensor.zeros(vocabulary).requiresGrad());
        }

        @Override protected Tensor compute(Tensor ids, Pass pass) {
            var drop = new Dropout(0.3);
            var context = drop.forward(embed.forward(ids, pass).reshape(ids.size(0), -1), pass);
            var hidden = drop.forward(mix.forward(context, pass).gelu(), pass);
            return head.forward(drop.forward(norm.forward(out.forward(hidden, pass), pass), pass), pass);
        }
    }

    /** The King James text in pieces of three letters: numbers of the most frequent ones, 0 for all others. */
    private record Trigrams(long[] learning, long[] validation) {
        static final int VOCABULARY = 2000, CONTEXT = 3, CHAPTERS = 40;

        static Trigrams read() {
            var chapters = Corpora.kingJames().stream().limit(CHAPTERS).map(Document::text).toList();
            var counts = new HashMap<String, Integer>();
            for (var chapter : chapters) for (var piece : pieces(chapter)) counts.merge(piece, 1, Integer::sum);
            var numbers = new HashMap<String, Long>();
            counts.entrySet().stream()
                    .sorted(Map.Entry.<String, Integer>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()))
                    .limit(VOCABULARY - 1).forEach(e -> numbers.put(e.getKey(), numbers.size() + 1L));
            // Every tenth chapter is for validation.
            return new Trigrams(ids(chapters, numbers, false), ids(chapters, numbers, true));
        }

        private static List<String> pieces(String text) {
            return IntStream.range(0, text.length() / 3).mapToObj(i -> text.substring(3 * i, 3 * i + 3)).toList();
        }

        private static long[] ids(List<String> chapters, Map<String, Long> numbers, boolean validation) {
            return IntStream.range(0, chapters.size()).filter(i -> (i % 10 == 9) == validation).boxed()
                    .flatMap(i -> pieces(chapters.get(i)).stream()).mapToLong(piece -> numbers.getOrDefault(piece, 0L)).toArray();
        }

        /** Pieces before those places, and the pieces there. */
        private static Tensor[] examples(long[] ids, int[] places) {
            long[] before = new long[places.length * CONTEXT], next = new long[places.length];
            for (int i = 0; i < places.length; i++) {
                System.arraycopy(ids, places[i] - CONTEXT, before, i * CONTEXT, CONTEXT);
                next[i] = ids[places[i]];
            }
            return new Tensor[] {Tensor.of(before, places.length, CONTEXT), Tensor.of(next)};
        }

        /** The validation perplexity after so many steps of 256 pieces. */
        double perplexity(TextLm model, int steps, Rng rng) {
            var optimizer = new Adam(2e-3).over(model.parameters()).scheduledBy(new Schedule.Linear(steps, 1, 0.05));
            for (int step = 0; step < steps; step++) {
                try (var scope = Scope.open("step")) {
                    var batch = examples(learning,
                            IntStream.range(0, 256).map(i -> CONTEXT + rng.nextInt(learning.length - CONTEXT)).toArray());
                    optimizer.zeroGrad();
                    Loss.crossEntropy(model.forward(batch[0], Pass.training(rng)), batch[1]).backward();
                    optimizer.step();
                }
            }
            return Autograd.noGrad(() -> {
                double sum = 0;
                int n = 0;
                for (int from = CONTEXT; from + 1000 <= validation.length; from += 1000) {
                    try (var scope = Scope.open("validation")) {
                        var batch = examples(validation, IntStream.range(from, from + 1000).toArray());
                        sum += Loss.crossEntropy(model.forward(batch[0]), batch[1]).item();
                        n++;
                    }
                }
                return Math.exp(sum / n);
            });
        }
    }

    @Acceptance(topic = "weight-tying", clause = 1)
    @Tag("heavy")
    @Test void aTiedModelOfTheKingJamesTextPredictsAsWellWithFewerParameters() {
        var text = Trigrams.read();
        double untied = 0, tied = 0;
        long saved = 0;
        int width = 128, steps = 1500;
        for (int seed = 1; seed <= 3; seed++) {
            TextLm two = new TextLm(Trigrams.VOCABULARY, width, Rng.of(seed)),
                    one = Module.tied(new TextLm(Trigrams.VOCABULARY, width, Rng.of(seed)), "embed.weight", "head.weight");
            saved = two.parameterCount() - one.parameterCount();
            untied += text.perplexity(two, steps, Rng.of(100 + seed)) / 3;
            tied += text.perplexity(one, steps, Rng.of(100 + seed)) / 3;
        }
        Evidence.of("untied: mean validation perplexity of three seeds", untied, below(200));
        Evidence.of("tied: the same", tied, below(200));
        Evidence.of("tied over untied", tied / untied, atMost(1.01));
        Evidence.of("parameters fewer", saved, exactly(Trigrams.VOCABULARY * width));
    }

    @Test void tiesHaveTwoNamesAndLoadUnderEither() {
        var tied = tied(5, 3, Rng.of(4));
        assertThat(tied.ties()).containsEntry("head.weight", "embed.weight").hasSize(1);
        assertThat(tied.state().keySet()).containsExactly("embed.weight", "mix.weight", "mix.bias", "out.weight", "out.bias");
        var values = new LinkedHashMap<String, Tensor>();
        tied(5, 3, Rng.of(5)).state().forEach((name, t) -> values.put(name.equals("embed.weight") ? "head.weight" : name, t));
        tied.load(values);
        assertThat(tied.embed.weight().toDoubleArray()).isEqualTo(values.get("head.weight").toDoubleArray());
        values.put("embed.weight", values.get("head.weight").detach().copy());
        tied.load(values);
        values.put("embed.weight", Tensor.zeros(5, 3));
        assertThatThrownBy(() -> tied.load(values)).isInstanceOf(FormatException.class).hasMessageContaining("their values differ");
        assertThatThrownBy(() -> Module.untied(tied, "mix.weight")).isInstanceOf(FormatException.class)
                .hasMessageContaining("shares no tensor");
        assertThatThrownBy(() -> Module.tied(tied, "no.weight", "head.weight")).isInstanceOf(FormatException.class);
        var wide = new Embedding(7, 3, Rng.of(6));
        var head = wide.tiedHead(10, Rng.of(7));
        assertThat(head.forward(Tensor.ones(2, 10)).shape().toArray()).containsExactly(2, 7);
        assertThat(new Sequential(wide, head).parameterCount()).isEqualTo(7 * 3 + 3 * 10);
    }
}
