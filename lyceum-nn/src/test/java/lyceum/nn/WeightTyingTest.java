package lyceum.nn;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.format.Safetensors;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Optimizer;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
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

    @Test void aTiedHeadIsTheTable(@TempDir Path folder) throws IOException {
        int vocabulary = 11, width = 4;
        var untied = new Lm(vocabulary, width, Rng.of(1));
        var tied = Module.tied(untied, "embed.weight", "head.weight");
        Evidence.of("numbers saved beyond V d", untied.parameterCount() - tied.parameterCount() - vocabulary * width, exactly(0));
        Evidence.that("the head's tensor is the table",
                tied.head.weight() == tied.embed.weight() && new Embedding(3, 2, Rng.of(2)).tiedHead().weight().isTracked());

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
